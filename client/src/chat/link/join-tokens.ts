/** Tokens for the joins on one socket: one for each, and new ones for all before the old ones end or after the server has refused them [R6]. */
import { Backoff } from '@tablo/schema/backoff';
import type { Timing } from '../base/timing.ts';
import type { TokenSource } from '../session/session.ts';
import { TokenRenewal } from '../session/token-renewal.ts';

/** The socket that they are for. */
export interface TokenUser {
  /** Is this the socket that is open? */
  isCurrent(generation: number): boolean;
  /** Nobody is signed in any more. */
  noteSignedOut(): void;
  renewTokens(): void;
}

const NEVER = new Promise<never>(() => {});

export class JoinTokens {
  readonly #source: TokenSource;
  readonly #timing: Timing;
  readonly #user: TokenUser;
  readonly #renewal: TokenRenewal;
  #mustRefresh = false;

  constructor(source: TokenSource, timing: Timing, user: TokenUser) {
    this.#source = source;
    this.#timing = timing;
    this.#user = user;
    this.#renewal = new TokenRenewal(source, () => user.renewTokens());
  }

  /** The next ones are asked for anew. */
  expire(): void {
    this.#mustRefresh = true;
  }

  /** Stays pending for ever when that join has become pointless. */
  async take(generation: number): Promise<string> {
    const backoff = new Backoff(this.#timing.retryMinMs, this.#timing.retryMaxMs);
    for (;;) {
      if (!this.#user.isCurrent(generation)) return NEVER;
      try {
        const fresh = this.#mustRefresh;
        const token = await this.#source.getToken({ fresh });
        if (!this.#user.isCurrent(generation)) return NEVER;
        if (fresh) this.#mustRefresh = false;
        if (token === null) {
          this.#user.noteSignedOut();
          return NEVER;
        }
        this.#renewal.noteUsed(token);
        return token;
      } catch {
        // No network for the identity service, while the socket seems to live: again in a moment.
        await new Promise((resolve) => setTimeout(resolve, backoff.nextMs()));
      }
    }
  }

  close(): void {
    this.#renewal.close();
  }
}
