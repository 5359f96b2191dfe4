/** A plain balancer without stickiness: each connection goes to the next server that takes it, and, where it asks for their health, to none that is not ready. */
import { connect, createServer, type Socket } from 'node:net';

export interface Balancer {
  readonly url: string;
  /** Connections that each server was given so far, in the order of `ports`. */
  readonly given: readonly number[];
  close(): Promise<void>;
}

const HEALTH_EVERY_MS = 250;

export async function openBalancer(ports: readonly number[], { asksHealth = false } = {}): Promise<Balancer> {
  const given = ports.map(() => 0);
  const open = new Set<Socket>();
  const isReady = ports.map(() => true);
  const health = setInterval(() => {
    if (!asksHealth) return;
    for (const [nth, port] of ports.entries())
      void isServerReady(port).then((is) => {
        isReady[nth] = is;
      });
  }, HEALTH_EVERY_MS);
  let turn = 0;
  const hold = (socket: Socket): void => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const pass = (client: Socket, tries: number): void => {
    if (tries === 0 || client.destroyed) return void client.destroy();
    turn = (turn + 1) % ports.length;
    if (!isReady[turn] && isReady.includes(true)) return pass(client, tries);
    const nth = turn;
    const server = connect(ports[nth] as number, '127.0.0.1');
    server.once('error', () => pass(client, tries - 1));
    server.once('connect', () => {
      server.removeAllListeners('error');
      given[nth] = (given[nth] ?? 0) + 1;
      hold(server);
      client.pipe(server).pipe(client);
      client.on('close', () => server.destroy());
      server.on('close', () => client.destroy());
    });
  };
  const listener = createServer((client) => {
    hold(client);
    pass(client, ports.length);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The balancer has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    given,
    close: async () => {
      clearInterval(health);
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

async function isServerReady(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(4 * HEALTH_EVERY_MS);
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status === 200;
}
