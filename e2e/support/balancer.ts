/** A plain balancer without stickiness: each connection goes to the next server that takes it. */
import { joinEnds, TcpProxy } from '@tablo/sync-server/testing/tcp-proxy';

export interface Balancer {
  readonly url: string;
  /** Connections that each server was given so far, in the order of `ports`. */
  readonly given: readonly number[];
  close(): Promise<void>;
}

export async function openBalancer(ports: readonly number[]): Promise<Balancer> {
  const given = ports.map(() => 0);
  let turn = 0;
  const proxy = await TcpProxy.open({
    targets: () => {
      turn = (turn + 1) % ports.length;
      return [...ports.slice(turn), ...ports.slice(0, turn)].map((port) => ({ host: '127.0.0.1', port }));
    },
    join: (pair) => {
      const nth = ports.indexOf(pair.target.port);
      given[nth] = (given[nth] ?? 0) + 1;
      joinEnds(pair);
    },
  });
  return { url: proxy.url, given, close: () => proxy.close() };
}
