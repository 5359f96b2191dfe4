/** Holds users, sockets and strangers to the settings, and counts what bit. */
import type { LimitSettings } from '../limit-settings.ts';
import { TokenBuckets } from './token-buckets.ts';

/** What a user has so much of a second. */
export type Rate = 'entries' | 'bytes' | 'awareness' | 'joins' | 'questions';
/** What bit: the label of the metric. */
export type LimitName = Rate | 'sockets' | 'documents' | 'strangers' | 'unhandled' | 'queued' | 'unread';

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
      joins: new TokenBuckets(settings.joinsPerSecond, settings.joinsBurst),
      questions: new TokenBuckets(settings.questionsPerSecond, settings.joinsBurst),
    };
  }

  /** Takes from a user's bucket; false, and counted, when it is empty. */
  take(rate: Rate, user: string, cost: number): boolean {
    return this.#buckets[rate].take(user, cost, Date.now()) || this.exceeded(rate);
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
