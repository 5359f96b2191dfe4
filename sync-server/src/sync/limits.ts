/** How much one user, one socket and all strangers together may ask of the server. The settings are rows of `config.ts`. */
import { TokenBuckets } from '../admission/token-buckets.ts';

export interface LimitSettings {
  /** Entries a second and user; a backlog written offline may come at once, up to the burst. */
  readonly entriesPerSecond: number;
  readonly entriesBurst: number;
  /** Bytes of updates a second and user; the burst holds a whole backlog several times over. */
  readonly bytesPerSecond: number;
  readonly bytesBurst: number;
  /** Awareness frames a second and user, over all tablos. */
  readonly awarenessPerSecond: number;
  /** First sync steps a second and user: each may cost a whole document; the burst is a reconnect with all tablos. */
  readonly joinsPerSecond: number;
  readonly joinsBurst: number;
  /** Stateless questions a second and user. */
  readonly questionsPerSecond: number;
  readonly socketsPerUser: number;
  readonly documentsPerSocket: number;
  /** Sockets that nobody has signed in on yet. */
  readonly strangerSockets: number;
  readonly strangerMs: number;
  /** Bytes received on a socket and not handled yet, while the database is slow or away. */
  readonly unhandledBytes: number;
  /** Bytes sent on a socket and not read by the client. */
  readonly unreadBytes: number;
}

/** What a user has so much of a second. */
export type Rate = 'entries' | 'bytes' | 'awareness' | 'joins' | 'questions';
/** What bit: the label of the metric. */
export type LimitName = Rate | 'sockets' | 'documents' | 'strangers' | 'unhandled' | 'unread';

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
