/**
 * [R11] What a request must have before it costs something: tokens of its user's bucket, a place among that user's requests, and, once its body is here, a
 * place among those that wait for the database. So slow bodies take nobody's place but their sender's, and while the database is away the next one is told at
 * once to come back.
 */
import type { Context, MiddlewareHandler } from 'hono';
import type { Limits } from '../access/limits.ts';
import { type Release, Turns } from '../access/turns.ts';
import type { RouteCost } from '../rest-costs.ts';
import { AppError, refusal } from './app-error.ts';
import type { RestEnv } from './authenticate.ts';
import { clientKey, whenAnswered } from './client-address.ts';

/** Lists read all tablos of a user: one at a time each, and never all of the readers' connections. */
export const LIST_TURNS = { atOnce: 6, atOncePerKey: 1, waiting: 500, waitingPerKey: 48 } as const;

export class RequestBounds {
  readonly #limits: Limits;
  readonly #lists = new Turns(LIST_TURNS);
  readonly #users = new Map<string, number>();
  readonly #addresses = new Map<string, number>();
  #waiting = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Requests that wait for the database. */
  get waiting(): number {
    return this.#waiting;
  }

  pay(cost: RouteCost, user: string): void {
    if (!this.#limits.take(cost === 'lists' ? 'reads' : cost, user, 1)) throw tooMany();
  }

  /** A place among the user's requests, until the answer has left: who does not read answers holds a few of them, and of nobody else. */
  enterAsUser(user: string): Release {
    return this.#enter(this.#users, user, 'user-requests', this.#limits.settings.requestsPerUser);
  }

  /** The same for requests of strangers. */
  enterFrom(address: string): Release {
    return this.#enter(this.#addresses, address, 'address-requests', this.#limits.settings.requestsPerAddress);
  }

  /** Around what asks the database. */
  async handle<T>(cost: RouteCost, user: string, act: () => Promise<T>): Promise<T> {
    if (!this.#limits.allows('waiting-requests', this.#waiting, this.#limits.settings.waitingRequests))
      throw new AppError(refusal('unavailable', 'Too many requests are waiting for the database.'));
    this.#waiting += 1;
    try {
      return cost === 'lists' ? await this.#inTurn(user, act) : await act();
    } finally {
      this.#waiting -= 1;
    }
  }

  async #inTurn<T>(user: string, act: () => Promise<T>): Promise<T> {
    const release = await this.#lists.enter(user);
    if (release === null) {
      this.#limits.exceeded('lists');
      throw tooMany();
    }
    try {
      return await act();
    } finally {
      release();
    }
  }

  #enter(places: Map<string, number>, key: string, limit: 'user-requests' | 'address-requests', max: number): Release {
    const taken = places.get(key) ?? 0;
    if (!this.#limits.allows(limit, taken, max)) throw tooMany();
    places.set(key, taken + 1);
    return () => {
      const left = (places.get(key) ?? 1) - 1;
      if (left > 0) places.set(key, left);
      else places.delete(key);
    };
  }
}

/** Behind `authenticate`. */
export function boundByUser(bounds: RequestBounds): MiddlewareHandler<RestEnv> {
  return async (context, next) => {
    context.set('bounds', bounds);
    await untilAnswered(context, bounds.enterAsUser(context.get('claims').userId), next);
  };
}

export function boundByAddress(bounds: RequestBounds, trustProxy: boolean): MiddlewareHandler<RestEnv> {
  return async (context, next) => {
    await untilAnswered(context, bounds.enterFrom(clientKey(context, trustProxy)), next);
  };
}

async function untilAnswered(context: Context, release: Release, next: () => Promise<void>): Promise<void> {
  try {
    await next();
  } finally {
    whenAnswered(context, release);
  }
}

export const tooMany = (): AppError => new AppError(refusal('rate-limited'));
