/** A link in between that carries so many bytes a second to the client, as a bad mobile network does. What the client sends goes at once. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

const STEP_MS = 10;

export interface SlowProxy {
  readonly url: string;
  close(): void;
}

export async function openSlowProxy(target: string, bytesPerSecond: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: Number(new URL(target).port) });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    // Read as much as the link has room for, and no sooner: the server sees a full buffer.
    let at = performance.now();
    let room = 0;
    const timer = setInterval(() => {
      room = Math.min(bytesPerSecond / 4, room + ((performance.now() - at) * bytesPerSecond) / 1_000);
      at = performance.now();
      for (;;) {
        const bytes = Math.min(Math.floor(room), upstream.readableLength);
        const chunk = upstream.read(bytes) as Buffer | null;
        if (chunk === null || bytes === 0) return;
        room -= chunk.byteLength;
        client.write(chunk);
      }
    }, STEP_MS);
    client.on('close', () => clearInterval(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
