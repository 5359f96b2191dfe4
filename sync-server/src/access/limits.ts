/** Holds users, addresses, sockets and strangers to the settings, and counts what bit. */
import type { LimitSettings } from '../limit-settings.ts';
import type { RouteCost } from '../rest-costs.ts';
import { TokenBuckets } from './token-buckets.ts';

/** What a user has so much of a second: over WebSockets, then over REST. */
export type UserRate = 'entries' | 'bytes' | 'awareness' | 'joins' | 'questions' | RestRate;
type RestRate = Exclude<RouteCost, 'lists'>;
/** What an address has so much of: all that a stranger may ask for. */
export type AddressRate = 'page' | 'health' | 'open' | 'auth' | 'token-checks' | 'sign-ins' | 'sign-ups';
export type Rate = UserRate | AddressRate;
/** What bit: the label of the metric. */
export type LimitName =
  | Rate
  | 'sockets'
  | 'documents'
  | 'strangers'
  | 'unhandled'
  | 'queued'
  | 'unread'
  | 'user-requests'
  | 'address-requests'
  | 'waiting-requests'
  | 'lists'
  | 'hashes'
  | 'connections'
  | 'address-connections'
  | 'stalled';

/** Probes of an orchestrator must never be told to wait because of what else comes from its address. */
export const HEALTH_PER_SECOND = 1_000;
/** How many seconds' worth may come at once. */
const BURST_S = 10;
const TOKEN_CHECKS_BURST_S = 20;
const MINUTE_S = 60;

export class Limits {
  readonly settings: LimitSettings;
  readonly #onExceeded: (limit: LimitName) => void;
  readonly #buckets: Readonly<Record<Rate, TokenBuckets>>;

  constructor(settings: LimitSettings, onExceeded: (limit: LimitName) => void = () => {}) {
    this.settings = settings;
    this.#onExceeded = onExceeded;
    const steady = (perSecond: number) => new TokenBuckets(perSecond, BURST_S * perSecond);
    const minutely = (perMinute: number) => new TokenBuckets(perMinute / MINUTE_S, perMinute);
    this.#buckets = {
      entries: new TokenBuckets(settings.entriesPerSecond, settings.entriesBurst),
      bytes: new TokenBuckets(settings.bytesPerSecond, settings.bytesBurst),
      awareness: steady(settings.awarenessPerSecond),
      joins: new TokenBuckets(settings.joinsPerSecond, settings.joinsBurst),
      questions: new TokenBuckets(settings.questionsPerSecond, settings.joinsBurst),
      reads: new TokenBuckets(settings.readsPerSecond, settings.readsBurst),
      writes: new TokenBuckets(settings.writesPerSecond, settings.writesBurst),
      changes: new TokenBuckets(settings.changesPerSecond, settings.changesBurst),
      page: steady(settings.pagePerSecond),
      health: steady(HEALTH_PER_SECOND),
      open: steady(settings.openPerSecond),
      auth: steady(settings.openPerSecond),
      'token-checks': new TokenBuckets(
        settings.tokenChecksPerSecond,
        TOKEN_CHECKS_BURST_S * settings.tokenChecksPerSecond,
      ),
      'sign-ins': minutely(settings.signInsPerMinute),
      'sign-ups': minutely(settings.signUpsPerMinute),
    };
  }

  /** Takes from a user's or an address's bucket; false, and counted, when it is empty. */
  take(rate: Rate, key: string, cost: number): boolean {
    return this.#buckets[rate].take(key, cost, performance.now()) || this.exceeded(rate);
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
