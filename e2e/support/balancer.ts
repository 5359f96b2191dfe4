/** A plain balancer without stickiness: each connection goes to the next server that takes it, and, where it asks for their health, to none that is not ready. */
import { joinEnds, TcpProxy } from '@tablo/sync-server/testing/tcp-proxy';

export interface Balancer {
  readonly url: string;
  /** Connections that each server was given so far, in the order of `ports`. */
  readonly given: readonly number[];
  close(): Promise<void>;
}

const HEALTH_EVERY_MS = 250;

export async function openBalancer(ports: readonly number[], { asksHealth = false } = {}): Promise<Balancer> {
  const given = ports.map(() => 0);
  const unready = new Set<number>();
  const health = setInterval(() => {
    if (!asksHealth) return;
    for (const port of ports) void isServerReady(port).then((is) => (is ? unready.delete(port) : unready.add(port)));
  }, HEALTH_EVERY_MS);
  let turn = 0;
  const proxy = await TcpProxy.open({
    targets: () => {
      turn = (turn + 1) % ports.length;
      const inTurn = [...ports.slice(turn), ...ports.slice(0, turn)];
      const ready = inTurn.filter((port) => !unready.has(port));
      // As balancers do when none is ready: one of them may be in the next moment.
      return (ready.length > 0 ? ready : inTurn).map((port) => ({ host: '127.0.0.1', port }));
    },
    join: (pair) => {
      const nth = ports.indexOf(pair.target.port);
      given[nth] = (given[nth] ?? 0) + 1;
      joinEnds(pair);
    },
  });
  return {
    url: proxy.url,
    given,
    close: async () => {
      clearInterval(health);
      await proxy.close();
    },
  };
}

async function isServerReady(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(4 * HEALTH_EVERY_MS);
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status === 200;
}
