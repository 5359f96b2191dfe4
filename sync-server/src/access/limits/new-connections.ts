/** How fast an address may open connections. */
import { TokenBuckets } from './token-buckets.ts';

/** Of those that an address may have open, so many may be new: a second, and at once. Twice all of them is an office that comes back to a server that has just started. */
const SHARE_PER_SECOND = 0.5;
const SHARE_AT_ONCE = 2;

/** `connections`: of an address, open at the same time; null: all come from a proxy. */
export function boundNewConnections(connections: number | null): (address: string) => boolean {
  if (connections === null) return () => true;
  const buckets = new TokenBuckets(SHARE_PER_SECOND * connections, SHARE_AT_ONCE * connections);
  return (address) => buckets.take(address, 1, performance.now());
}
