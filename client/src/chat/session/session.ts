/** Where tokens come from: the built-in identity service (by its cookie), or a function of the host application. */
import type { UserId } from '@tablo/schema/ids';
import { ChatError } from '../chat.ts';
import { readTokenClaims } from './token-claims.ts';

export interface TokenSource {
  /** `null`: signed out. Throws when that cannot be found out now (no network). `fresh`: the server has answered that the known token has expired. */
  getToken(options?: { readonly fresh?: boolean }): Promise<string | null>;
  /** Called when the signed-in user has changed: a cached token belongs to the last one. */
  forget?(): void;
}

/** A JWT's times as they stand in it, ms since the Unix epoch by the issuer's clock. Only read, never trusted: the server verifies. */
export function readTokenTimes(token: string): { readonly issuedAt: number | null; readonly expiresAt: number } | null {
  const { iat, exp } = readTokenClaims(token) ?? {};
  if (typeof exp !== 'number') return null;
  return { issuedAt: typeof iat === 'number' ? iat * 1000 : null, expiresAt: exp * 1000 };
}

/** Share of a token's lifetime after which it is renewed. */
const RENEW_AT = 0.8;
/** A token this young is fresh: three hundred documents may ask for a new one in the same instant. */
const FRESH_MS = 2_000;

interface Held {
  readonly token: string;
  readonly receivedAt: number;
  /** By our own clock, so that a wrong one does not matter where the token says when it was issued. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** Keeps a token until 80 % of its lifetime; concurrent calls are one request; a failed renewal goes on with a token that still lives. */
export class CachedTokens implements TokenSource {
  readonly #fetchToken: () => Promise<string | null>;
  readonly #now: () => number;
  #held: Held | null = null;
  #inFlight: Promise<string | null> | null = null;

  constructor(fetchToken: () => Promise<string | null>, now: () => number = Date.now) {
    this.#fetchToken = fetchToken;
    this.#now = now;
  }

  async getToken({ fresh = false }: { readonly fresh?: boolean } = {}): Promise<string | null> {
    const held = this.#held;
    const now = this.#now();
    // Also one that ended before it came, or that never ends: asked for again at once, it would come again.
    const freshUntil = held === null ? now : held.receivedAt + FRESH_MS;
    if (held !== null && now < (fresh ? freshUntil : Math.max(held.renewAt, freshUntil))) return held.token;
    try {
      this.#inFlight ??= this.#renew();
      return await this.#inFlight;
    } catch (error) {
      if (held !== null && !fresh && now < held.expiresAt) return held.token;
      throw error;
    }
  }

  /** When the held token is due, by our clock; `null` when none is held or it never is. */
  get renewAt(): number | null {
    return this.#held !== null && Number.isFinite(this.#held.renewAt) ? this.#held.renewAt : null;
  }

  forget(): void {
    this.#held = null;
    this.#inFlight = null;
  }

  #renew(): Promise<string | null> {
    const renewing: Promise<string | null> = this.#fetchToken().then((token) => {
      // Forgotten meanwhile: it may be the last one's.
      if (this.#inFlight === renewing) this.#held = token === null ? null : hold(token, this.#now());
      return token;
    });
    const done = () => {
      if (this.#inFlight === renewing) this.#inFlight = null;
    };
    renewing.then(done, done);
    return renewing;
  }
}

/** One user's tokens: another one's, from before a change of accounts, would open that one's chat. */
export class UserTokens implements TokenSource {
  readonly #source: TokenSource;
  readonly #user: UserId;

  constructor(source: TokenSource, user: UserId) {
    this.#source = source;
    this.#user = user;
  }

  async getToken(options?: { readonly fresh?: boolean }): Promise<string | null> {
    const token = await this.#source.getToken(options);
    if (token === null || this.#isOurs(token)) return token;
    this.#source.forget?.();
    const renewed = await this.#source.getToken({ fresh: true });
    return renewed !== null && this.#isOurs(renewed) ? renewed : null;
  }

  forget(): void {
    this.#source.forget?.();
  }

  #isOurs(token: string): boolean {
    const subject = readTokenClaims(token)?.['sub'];
    return subject === undefined || subject === this.#user;
  }
}

function hold(token: string, now: number): Held {
  const times = readTokenTimes(token);
  if (times === null) return { token, receivedAt: now, renewAt: now, expiresAt: Number.POSITIVE_INFINITY };
  // A host may hand out a token that is not new, so what is left of it by our clock counts too, unless that clock is plainly wrong.
  const lifetime = times.expiresAt - (times.issuedAt ?? now);
  const left = times.expiresAt - now;
  const usable = left > 0 && left < lifetime ? left : lifetime;
  return { token, receivedAt: now, renewAt: now + usable * RENEW_AT, expiresAt: now + usable };
}

/** The built-in identity service: the session cookie buys a JWT. */
export function createSessionTokens(
  baseUrl: string,
  fetchImpl: typeof fetch = (...args) => fetch(...args),
): CachedTokens {
  return new CachedTokens(async () => {
    let answer: Response;
    try {
      answer = await fetchImpl(`${baseUrl}/api/auth/token`, {
        credentials: 'include',
        signal: AbortSignal.timeout(15_000),
      });
    } catch {
      throw new ChatError('offline', 'The server cannot be reached.');
    }
    if (answer.status === 401 || answer.status === 403) return null;
    if (!answer.ok) throw new ChatError('unavailable', 'The server cannot sign you in right now.');
    const body: unknown = await answer.json().catch(() => null);
    const token = (body as { token?: unknown } | null)?.token;
    if (typeof token !== 'string') throw new ChatError('unavailable', 'The server answered without a token.');
    return token;
  });
}

/** A host application that signs people in itself. */
export function createHostTokens(getToken: () => string | null | Promise<string | null>): CachedTokens {
  return new CachedTokens(async () => getToken());
}
