/** Holds users, sockets and strangers to the settings, and counts what bit. */
import type { LimitSettings } from '../limit-settings.ts';
import { TokenBuckets } from './token-buckets.ts';

/** What a user has so much of a second. */
export type Rate = 'entries' | 'bytes' | 'awareness' | 'claims' | 'joins' | 'joinBytes' | 'questions';
/** What bit: the label of the metric. */
export type LimitName =
  | Rate
  | 'sockets'
  | 'documents'
  | 'held'
  | 'strangers'
  | 'unhandled'
  | 'queued'
  | 'unread'
  | 'unfinished';

export class Limits {
  readonly settings: LimitSettings;
  readonly #onExceeded: (limit: LimitName) => void;
  readonly #buckets: Readonly<Record<Rate, TokenBuckets>>;

  constructor(settings: LimitSettings, onExceeded: (limit: LimitName) => void = () => {}) {
    this.settings = settings;
    this.#onExceeded = onExceeded;
    this.#buckets = {
      entries: new TokenBuckets(settings.entriesPerSecond, settings.entriesBurst),
      bytes: new TokenBuckets(settings.bytesPerSecond, settings.bytesBurst),
      awareness: new TokenBuckets(settings.awarenessPerSecond, 10 * settings.awarenessPerSecond),
      claims: new TokenBuckets(settings.claimsPerSecond, settings.joinsBurst),
      joins: new TokenBuckets(settings.joinsPerSecond, settings.joinsBurst),
      joinBytes: new TokenBuckets(settings.joinBytesPerSecond, settings.joinBytesBurst),
      questions: new TokenBuckets(settings.questionsPerSecond, settings.joinsBurst),
    };
  }

  /** Takes from a user's bucket; false, and counted, when it is empty. */
  take(rate: Rate, user: string, cost: number): boolean {
    return this.tryTake(rate, user, cost) || this.exceeded(rate);
  }

  /** The same for what is asked again until it may: not counted. */
  tryTake(rate: Rate, user: string, cost: number): boolean {
    return this.#buckets[rate].take(user, cost, Date.now());
  }

  /** What has been spent already, or could not be known before: the next has to wait for it. */
  charge(rate: Rate, user: string, cost: number): void {
    this.#buckets[rate].charge(user, cost, Date.now());
  }

  /** Whether a user owes nothing. */
  isSolvent(rate: Rate, user: string): boolean {
    return this.#buckets[rate].isSolvent(user, Date.now());
  }

  /** Whether a count is still below its bound; counted when it is not. */
  allows(limit: LimitName, count: number, bound: number): boolean {
    return count < bound || this.exceeded(limit);
  }

  exceeded(limit: LimitName): false {
    this.#onExceeded(limit);
    return false;
  }
}
