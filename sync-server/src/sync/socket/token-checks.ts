/**
 * Checks tokens for `/sync` and `/yjs`. Verifying a signature costs a thousand times as much as looking up a remembered one, so tokens that were not seen before have a rate by
 * address, the same as REST's.
 *
 * Invariants
 * 1. A token is verified only if the rate allows it and it is not remembered: a good token by the verifier, the last bad one by its socket, for a moment. People with hundreds of tablos send one
 *    token as many times, and it may have expired.
 * 2. The tokens of a socket without a sign-in are checked one after another, and a few different bad ones end the socket.
 */
import type { ReasonCode } from '@tablo/schema/close-codes';
import { err, type Result } from '@tablo/schema/result';
import type { Limits } from '../../access/limits/limits.ts';
import type { Claims } from '../../access/tokens/claims.ts';
import type { TokenVerifier } from '../../access/tokens/token-verifier.ts';
import type { SocketState } from './socket-state.ts';

/** An honest client may have one that expired meanwhile, and asks for another. */
const MAX_BAD_TOKENS = 3;
/** A key that an issuer has just begun to use may not be known yet: a bad token is checked again after this time. */
const BAD_FOR_MS = 3_000;

type Checked = Result<Claims, ReasonCode>;

interface Shown {
  readonly running: Map<string, Promise<Checked>>;
  /** Ends with the check before. */
  turn: Promise<unknown>;
  bad: number;
  last: { readonly token: string; readonly answer: Checked; readonly until: number } | null;
}

export class TokenChecks {
  readonly #tokens: TokenVerifier;
  readonly #limits: Pick<Limits, 'take'>;
  readonly #now: () => number;
  readonly #shown = new WeakMap<SocketState, Shown>();

  constructor(tokens: TokenVerifier, limits: Pick<Limits, 'take'>, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#tokens = tokens;
    this.#limits = limits;
  }

  check(socket: SocketState, token: string): Promise<Checked> {
    const shown = this.#shown.get(socket) ?? { running: new Map(), turn: Promise.resolve(), bad: 0, last: null };
    this.#shown.set(socket, shown);
    const known = shown.running.get(token);
    if (known !== undefined) return known;
    const turn = socket.userId === null ? shown.turn : Promise.resolve();
    const checked = turn.then(() => this.#check(socket, shown, token)).finally(() => shown.running.delete(token));
    shown.running.set(token, checked);
    shown.turn = checked.catch(() => null);
    return checked;
  }

  async #check(socket: SocketState, shown: Shown, token: string): Promise<Checked> {
    if (socket.isEnded) return err('unauthenticated');
    const { last } = shown;
    if (last?.token === token && this.#now() < last.until) return last.answer;
    if (!this.#tokens.remembers(token) && !this.#limits.take('token-checks', socket.address, 1))
      return err('rate-limited');
    const answer = await this.#tokens.verify(token);
    // While the issuer's keys are not available, the token can be neither accepted nor refused.
    if (answer.ok || answer.error === 'unavailable') return answer;
    shown.last = { token, answer, until: this.#now() + BAD_FOR_MS };
    if (last?.token !== token) shown.bad += 1;
    if (socket.userId === null && shown.bad >= MAX_BAD_TOKENS) socket.end(answer.error);
    return answer;
  }
}
