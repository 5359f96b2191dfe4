/** Enforces the limits of the settings for users, addresses and sockets, and counts how often each limit was reached. */

import type { LimitSettings } from '../../config/limit-settings.ts';
import type { RouteCost } from '../../costs/rest-costs.ts';
import { TokenBuckets } from './token-buckets.ts';

/** The rates of a user: over WebSockets, then over REST. */
export type UserRate =
  | 'frames'
  | 'entries'
  | 'bytes'
  | 'awareness'
  | 'claims'
  | 'joins'
  | 'joinBytes'
  | 'questions'
  | 'answerBytes'
  | RestRate;
type RestRate = Exclude<RouteCost, 'lists'>;
/** The rates of an address: everything that needs no token. */
export type AddressRate =
  | 'page'
  | 'preflights'
  | 'upgrades'
  | 'health'
  | 'open'
  | 'auth'
  | 'token-checks'
  | 'sign-ins'
  | 'sign-ups';
export type Rate = UserRate | AddressRate;
/** The limits, as labels of the metric. */
export type LimitName =
  | Rate
  | 'sockets'
  | 'all-sockets'
  | 'address-sockets'
  | 'documents'
  | 'sessions'
  | 'held'
  | 'unauthenticated'
  | 'unhandled'
  | 'queued'
  | 'unread'
  | 'unfinished'
  | 'user-requests'
  | 'address-requests'
  | 'refusals'
  | 'waiting-requests'
  | 'lists'
  | 'hashes'
  | 'asks'
  | 'connections'
  | 'address-connections'
  | 'stalled';

/** Probes of an orchestrator must never be rate-limited because of other requests from the same address. */
export const HEALTH_PER_SECOND = 1_000;
/** The burst, in seconds of the rate. */
const BURST_S = 10;
/** Enough for a client that reconnects with a thousand tablos; all of it is processor time that others wait for. */
const FRAMES_BURST_S = 3;
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
      frames: new TokenBuckets(settings.framesPerSecond, FRAMES_BURST_S * settings.framesPerSecond),
      entries: new TokenBuckets(settings.entriesPerSecond, settings.entriesBurst),
      bytes: new TokenBuckets(settings.bytesPerSecond, settings.bytesBurst),
      awareness: steady(settings.awarenessPerSecond),
      claims: new TokenBuckets(settings.claimsPerSecond, settings.joinsBurst),
      joins: new TokenBuckets(settings.joinsPerSecond, settings.joinsBurst),
      joinBytes: new TokenBuckets(settings.joinBytesPerSecond, settings.joinBytesBurst),
      questions: new TokenBuckets(settings.questionsPerSecond, settings.joinsBurst),
      reads: new TokenBuckets(settings.readsPerSecond, settings.readsBurst),
      writes: new TokenBuckets(settings.writesPerSecond, settings.writesBurst),
      changes: new TokenBuckets(settings.changesPerSecond, settings.changesBurst),
      answerBytes: new TokenBuckets(settings.answerBytesPerSecond, settings.answerBytesBurst),
      page: steady(settings.pagePerSecond),
      preflights: steady(settings.pagePerSecond),
      upgrades: steady(settings.pagePerSecond),
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
    return this.tryTake(rate, key, cost) || this.exceeded(rate);
  }

  /** The same for a request that is retried until it is allowed: refusals are not counted. */
  tryTake(rate: Rate, key: string, cost: number): boolean {
    return this.#buckets[rate].take(key, cost, performance.now());
  }

  /** Charges a cost that was spent already, or could not be known before: the next request has to wait for it. */
  charge(rate: Rate, key: string, cost: number): void {
    this.#buckets[rate].charge(key, cost, performance.now());
  }

  /** Whether a user is within the rate. */
  isSolvent(rate: Rate, key: string): boolean {
    return this.#buckets[rate].isSolvent(key, performance.now());
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
