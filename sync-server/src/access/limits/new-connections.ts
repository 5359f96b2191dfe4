/** How fast an address may open connections. */
import { TokenBuckets } from './token-buckets.ts';

/** New connections of an address, as shares of those that it may have open: per second, and at once. Twice all of them is enough for an office that reconnects to a server that has just started. */
const SHARE_PER_SECOND = 0.5;
const SHARE_AT_ONCE = 2;

/** `connections`: of an address, open at the same time; null: all come from a proxy. */
export function boundNewConnections(connections: number | null): (address: string) => boolean {
  if (connections === null) return () => true;
  const buckets = new TokenBuckets(SHARE_PER_SECOND * connections, SHARE_AT_ONCE * connections);
  return (address) => buckets.take(address, 1, performance.now());
}
