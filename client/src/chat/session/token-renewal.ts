/** Renews the token of live sockets in place, before it ends: the server cuts a connection whose token has expired [R6]. */

import { Backoff } from '@tablo/schema/backoff';
import { Timer } from '../base/timer.ts';
import type { TokenSource } from './session.ts';
import { readTokenTimes } from './session.ts';

const RETRY_MIN_MS = 5_000;
const RETRY_MAX_MS = 60_000;
/** A token that has less left is no better than the one before it: its source hands out such as are ending, or this device's clock is wrong. */
const LEFT_MIN_MS = 1_000;

export class TokenRenewal {
  readonly #tokens: TokenSource;
  readonly #onRenewed: () => void;
  readonly #timer = new Timer();
  readonly #retry = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #last: string | null = null;
  #isClosed = false;

  constructor(tokens: TokenSource, onRenewed: () => void) {
    this.#tokens = tokens;
    this.#onRenewed = onRenewed;
  }

  /** Called with every token that was used for a socket. */
  noteUsed(token: string): void {
    if (token === this.#last || this.#isClosed) return;
    this.#last = token;
    const times = readTokenTimes(token);
    if (times === null) return;
    const left = times.expiresAt - (times.issuedAt ?? Date.now());
    // Just past the 80 % at which the source itself thinks it is time for a new one.
    const wait = left * 0.8 + 50;
    if (wait < LEFT_MIN_MS) return this.#renewLater();
    this.#retry.reset();
    this.#timer.set(() => void this.#renew(), wait);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.clear();
  }

  #renewLater(): void {
    this.#timer.set(() => void this.#renew(), this.#retry.nextMs());
  }

  async #renew(): Promise<void> {
    const before = this.#last;
    const token = await this.#tokens.getToken().catch(() => null);
    if (this.#isClosed) return;
    if (token === null || token === before) return this.#renewLater();
    this.noteUsed(token);
    this.#onRenewed();
  }
}
