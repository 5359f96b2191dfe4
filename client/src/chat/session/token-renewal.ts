/** Renews the token of live sockets in place, before it ends: the server cuts a connection whose token has expired [R6]. */

import { Timer } from '../base/timer.ts';
import type { TokenSource } from './session.ts';
import { readTokenTimes } from './session.ts';

/** `setTimeout` overflows at 2^31 ms and would fire at once. */
const MAX_WAIT_MS = 2 ** 31 - 1;
const RETRY_MS = 5_000;

export class TokenRenewal {
  readonly #tokens: TokenSource;
  readonly #onRenewed: () => void;
  readonly #timer = new Timer();
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
    this.#wait(Math.max(left * 0.8 + 50, 1_000));
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.clear();
  }

  #wait(ms: number): void {
    this.#timer.set(() => void this.#renew(), Math.min(ms, MAX_WAIT_MS));
  }

  async #renew(): Promise<void> {
    const before = this.#last;
    const token = await this.#tokens.getToken().catch(() => null);
    if (this.#isClosed) return;
    if (token === null || token === before) return this.#wait(RETRY_MS);
    this.noteUsed(token);
    this.#onRenewed();
  }
}
