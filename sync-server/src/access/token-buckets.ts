/** A token bucket a key: `perSecond` refill, `burst` capacity. Keys idle long enough to be full again are forgotten. */

interface Bucket {
  tokens: number;
  /** ms since the Unix epoch. */
  filledAt: number;
}

const SWEEP_AT = 10_000;

export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /**
   * Takes `cost` tokens if they are there. A cost above the burst is taken from a full bucket, which then owes the rest: one large backlog passes, and the
   * next has to wait for it.
   */
  take(key: string, cost: number, now: number): boolean {
    const bucket = this.#refill(key, now);
    if (bucket.tokens < Math.min(cost, this.#burst)) return false;
    bucket.tokens -= cost;
    return true;
  }

  /** Takes `cost`, whether it is there or not: for what has been spent already, or could not be known before. What is owed has to be filled first. */
  charge(key: string, cost: number, now: number): void {
    this.#refill(key, now).tokens -= cost;
  }

  /** Whether nothing is owed. */
  isSolvent(key: string, now: number): boolean {
    return this.#refill(key, now).tokens >= 0;
  }

  #refill(key: string, now: number): Bucket {
    if (this.#buckets.size > SWEEP_AT) this.#sweep(now);
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, filledAt: now };
    const elapsed = Math.max(0, now - bucket.filledAt) / 1_000;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + elapsed * this.#perSecond);
    bucket.filledAt = now;
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #sweep(now: number): void {
    const fullAfterMs = (this.#burst / this.#perSecond) * 1_000;
    for (const [key, bucket] of this.#buckets) if (now - bucket.filledAt > fullAfterMs) this.#buckets.delete(key);
  }
}
