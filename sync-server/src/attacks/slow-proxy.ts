/** A link in between that carries so many bytes a second to the client, as a bad mobile network does. What the client sends goes at once. */
import { carry, endWith, type Pair, TcpProxy, targetOf } from '../testing/tcp-proxy.ts';

const STEP_MS = 10;

export const openSlowProxy = (target: string, bytesPerSecond: number): Promise<TcpProxy> =>
  TcpProxy.open({
    targets: () => [targetOf(target)],
    join: (pair) => {
      carry(pair, pair.near, pair.far);
      carrySlowly(pair, bytesPerSecond);
      endWith(pair, pair.far, pair.near);
    },
  });

/** Reads as much as the link has room for, and no sooner: the server sees a full buffer. */
function carrySlowly({ near, far }: Pair, bytesPerSecond: number): void {
  let at = performance.now();
  let room = 0;
  const timer = setInterval(() => {
    room = Math.min(bytesPerSecond / 4, room + ((performance.now() - at) * bytesPerSecond) / 1_000);
    at = performance.now();
    for (;;) {
      const bytes = Math.min(Math.floor(room), far.readableLength);
      const chunk = far.read(bytes) as Buffer | null;
      if (chunk === null || bytes === 0) return;
      room -= chunk.byteLength;
      near.write(chunk);
    }
  }, STEP_MS);
  near.on('close', () => clearInterval(timer));
}
