/**
 * A token bucket a key: `perSecond` refill, `burst` capacity. A bucket that was not used until it is full again can be dropped, so buckets live in two
 * generations: when the younger one is as old as a refill takes, or has too many keys, the older one is dropped as a whole. So a take costs the same for ever,
 * and memory has a bound, however many keys are used.
 */

interface Bucket {
  tokens: number;
  /** ms of the caller's clock. */
  filledAt: number;
}

/** Keys of one generation: some megabytes. A client that uses more keys at once than this has some of them refilled too early. */
const GENERATION_MAX = 50_000;

export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  /** An empty bucket is full again after this. */
  readonly #refillMs: number;
  #young = new Map<string, Bucket>();
  #old = new Map<string, Bucket>();
  #turnedAt = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#refillMs = (burst / perSecond) * 1_000;
  }

  /** Keys remembered: two generations at the most. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /**
   * Takes `cost` tokens if they are there. A cost above the burst is taken from a full bucket, which then is in debt for the rest: one large backlog passes, and the
   * next has to wait.
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

  /** Whether the bucket is not in debt. */
  isSolvent(key: string, now: number): boolean {
    return this.#refill(key, now).tokens >= 0;
  }

  #refill(key: string, now: number): Bucket {
    this.#turn(now);
    const bucket = this.#find(key) ?? { tokens: this.#burst, filledAt: now };
    const elapsed = Math.max(0, now - bucket.filledAt) / 1_000;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + elapsed * this.#perSecond);
    bucket.filledAt = now;
    this.#young.set(key, bucket);
    return bucket;
  }

  #find(key: string): Bucket | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#old.delete(key);
    return old;
  }

  /** What is dropped was not touched for a whole generation. A bucket that owes more than its burst is forgiven the rest. */
  #turn(now: number): void {
    const isDue = now - this.#turnedAt >= this.#refillMs || now < this.#turnedAt;
    if (!isDue && this.#young.size < GENERATION_MAX) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#turnedAt = now;
  }
}
