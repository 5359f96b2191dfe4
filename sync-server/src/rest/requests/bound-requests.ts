/**
 * [R11] What a request must have before it costs something: tokens of its user's bucket, a place among that user's requests, and, once its body is here, a
 * place among those that wait for the database. So slow bodies take nobody's place but their sender's, and while the database is away the next one is refused at
 * once to come back.
 */
import type { Context, MiddlewareHandler } from 'hono';
import type { LimitName, Limits } from '../../access/limits/limits.ts';
import { type Release, Turns } from '../../access/limits/turns.ts';
import type { Log } from '../../base/log.ts';
import type { RouteCost } from '../../costs/rest-costs.ts';
import { AppError, invalidRequest, refusal } from '../base/app-error.ts';
import { type Caller, payerOf } from './caller.ts';
import { clientKey, hasHungUp, whenAnswered } from './client-address.ts';

/** What middleware leaves for those behind it. */
export interface RestEnv {
  Variables: { caller: Caller; bounds: RequestBounds; log: Log };
}

/**
 * Lists read all tablos of a user. Each user runs one list at a time, lists never use all connections for reading, and they take a quarter of the time at most. A page that is opened asks for three lists of
 * a few milliseconds each.
 */
export const LIST_TURNS = {
  ...{ atOnce: 6, atOncePerKey: 1, waiting: 500, waitingPerKey: 48 },
  rest: { factor: 3, maxMs: 1_000 },
} as const;

/** A program that asks for hundreds of things at once gets them, some at a time; so many more of its requests wait. */
const WAITING_FACTOR = 8;
/** Bound for all users together, or for all addresses: a waiting request holds its head and one buffer of its body. */
const WAITING_MAX = 5_000;

export class RequestBounds {
  readonly #limits: Limits;
  readonly #lists = new Turns(LIST_TURNS);
  readonly #users: Turns;
  readonly #addresses: Turns;
  #waiting = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    const turns = (atOncePerKey: number) =>
      new Turns({
        atOnce: Number.POSITIVE_INFINITY,
        atOncePerKey,
        waiting: WAITING_MAX,
        waitingPerKey: WAITING_FACTOR * atOncePerKey,
      });
    this.#users = turns(limits.settings.requestsPerUser);
    this.#addresses = turns(limits.settings.requestsPerAddress);
  }

  /** Requests that wait for the database. */
  get waiting(): number {
    return this.#waiting;
  }

  pay(cost: RouteCost, user: string): void {
    if (!this.#limits.take(cost === 'lists' ? 'reads' : cost, user, 1)) throw tooMany();
    // The size of an answer is unknown before: a user who is above the rate because of earlier answers waits.
    if (this.#limits.isSolvent('answerBytes', user)) return;
    this.#limits.exceeded('answerBytes');
    throw tooMany();
  }

  /** A place among the user's requests, until the answer has been sent: a client that does not read its answers only uses up its own places. */
  enterAsUser(user: string): Promise<Release> {
    return this.#enter(this.#users, user, 'user-requests');
  }

  /** The same for requests without a verified token. */
  enterFrom(address: string): Promise<Release> {
    return this.#enter(this.#addresses, address, 'address-requests');
  }

  /** Wraps the making of an answer, from the database to its bytes: this processor time is charged to the user. */
  answer<T extends { readonly json: Uint8Array }>(cost: RouteCost, user: string, make: () => Promise<T>): Promise<T> {
    return this.handle(cost, user, async () => {
      const made = await make();
      this.#limits.charge('answerBytes', user, made.json.byteLength);
      return made;
    });
  }

  /** Wraps queries of the database. */
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
    const release = await this.#enter(this.#lists, user, 'lists');
    try {
      return await act();
    } finally {
      release();
    }
  }

  async #enter(turns: Turns, key: string, limit: LimitName): Promise<Release> {
    const release = await turns.enter(key);
    if (release !== null) return release;
    this.#limits.exceeded(limit);
    throw tooMany();
  }
}

/** Behind `authenticate`. */
export function boundByUser(bounds: RequestBounds): MiddlewareHandler<RestEnv> {
  return async (context, next) => {
    context.set('bounds', bounds);
    await untilAnswered(context, await bounds.enterAsUser(payerOf(context.get('caller'))), next);
  };
}

export function boundByAddress(bounds: RequestBounds, trustProxy: boolean): MiddlewareHandler<RestEnv> {
  return async (context, next) => {
    await untilAnswered(context, await bounds.enterFrom(clientKey(context, trustProxy)), next);
  };
}

async function untilAnswered(context: Context, release: Release, next: () => Promise<void>): Promise<void> {
  try {
    // The client has hung up while it waited: nothing is spent on the request.
    if (hasHungUp(context)) throw invalidRequest('The request ended early.');
    await next();
  } finally {
    whenAnswered(context, release);
  }
}

export const tooMany = (): AppError => new AppError(refusal('rate-limited'));
