/**
 * Tokens that were refused for what a setting says, in the log: a wrong JWT_ISSUER, JWT_AUDIENCE or JWT_SECRET shuts everybody out, and who asked learns no more than that.
 * A value is named only of a token whose signature was found good: a stranger can cause one line, which contains nothing that they sent.
 */
import { errors, type JWTPayload } from 'jose';
import { DistinctWarnings } from '../../base/distinct-warnings.ts';
import type { Log } from '../../base/log.ts';
import type { TokenSource } from '../../config/config.ts';

const VALUE_MAX_LENGTH = 100;

interface Settings {
  readonly tokens: Pick<TokenSource, 'type'>;
  readonly issuer: string;
  readonly audience: string | null;
}

const KEY_SENTENCES: Readonly<Record<TokenSource['type'], string>> = {
  secret:
    'A token was refused, since it was not signed with JWT_SECRET: set it to your issuer’s secret, in the very characters; where your issuer signs with key pairs, set JWT_JWKS_URL instead.',
  jwks: 'A token was refused, since it was signed with none of the keys at JWT_JWKS_URL: set it to your issuer’s key set; where your issuer signs with a secret (HS256), set JWT_SECRET instead.',
  'built-in':
    'A token was refused, since it is not of the built-in accounts: where another issuer makes the tokens, set JWT_SECRET or JWT_JWKS_URL, and JWT_ISSUER.',
};
const ISSUER_SENTENCE =
  'A token was refused, since its iss is not JWT_ISSUER: set JWT_ISSUER to what your issuer writes there, in the very characters.';
const AUDIENCE_SENTENCE =
  'A token was refused, since its aud is not JWT_AUDIENCE: set JWT_AUDIENCE to one that your issuer writes there, or leave it out.';

export class RefusedTokens {
  readonly #settings: Settings;
  readonly #log: DistinctWarnings;

  constructor(settings: Settings, log: Pick<Log, 'warn'>, now: () => number = () => performance.now()) {
    this.#settings = settings;
    this.#log = new DistinctWarnings(log, now);
  }

  /** `error`: what the check of the token has thrown. */
  note(error: unknown): void {
    const { tokens, issuer, audience } = this.#settings;
    if (isOfKey(error)) return this.#log.warn({}, KEY_SENTENCES[tokens.type]);
    if (!(error instanceof errors.JWTClaimValidationFailed)) return;
    const { claim, payload } = error;
    if (claim === 'iss') this.#log.warn({ iss: readable(payload, 'iss'), JWT_ISSUER: issuer }, ISSUER_SENTENCE);
    if (claim === 'aud') this.#log.warn({ aud: readable(payload, 'aud'), JWT_AUDIENCE: audience }, AUDIENCE_SENTENCE);
  }
}

const isOfKey = (error: unknown): boolean =>
  error instanceof errors.JWSSignatureVerificationFailed ||
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSEAlgNotAllowed;

/** Nothing in it may look like another line, or end one. */
function readable(payload: JWTPayload, claim: 'iss' | 'aud'): string {
  const value: unknown = payload[claim];
  if (value === undefined) return '(none)';
  const text = Array.isArray(value) ? value.slice(0, VALUE_MAX_LENGTH).map(wordOf).join(' ') : wordOf(value);
  return text.slice(0, VALUE_MAX_LENGTH).replace(/[^\x20-\x7e]/g, '?');
}

/** A value that is not a string is not written out: it may have a `toString` of its own, which is no function, and be of any depth. */
const wordOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? '(an object)' : String(value);
