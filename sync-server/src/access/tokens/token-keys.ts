/**
 * Where the keys come from that tokens are checked with. Every source names the algorithms it stands for, so a public key is never taken for an HMAC
 * secret, whatever the token's header says.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

export interface TokenKeys {
  readonly algorithms: readonly string[];
  readonly getKey: JWTVerifyGetKey | Uint8Array;
}

/** The keys cannot be had now, so nothing can be said about the token. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

const ASYMMETRIC = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
] as const;
const FETCH_TIMEOUT_MS = 5_000;
/** Between two fetches caused by tokens whose key is unknown: strangers must not make us hammer the issuer. */
const REFETCH_COOLDOWN_MS = 10_000;
/** The same of our own keys: another server on this database may have made one in this moment. */
const RELOAD_COOLDOWN_MS = 1_000;
/** After this the issuer is asked again, so that a key it took back stops counting. */
const KEYS_MAX_AGE_MS = 10 * 60_000;

export function secretKeys(secret: string): TokenKeys {
  return { algorithms: ['HS256'], getKey: new TextEncoder().encode(secret) };
}

/** An external issuer's keys. While it cannot be reached, the keys it had last go on counting [R11]. */
export function remoteKeys(url: string): TokenKeys {
  const remote = createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: REFETCH_COOLDOWN_MS,
    cacheMaxAge: KEYS_MAX_AGE_MS,
  });
  const getKey: JWTVerifyGetKey = async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      if (isAboutTheToken(error)) throw error;
      const last = remote.jwks();
      if (last === undefined) throw new KeysUnavailableError('the key set could not be fetched', { cause: error });
      return await findAmong(last, header, token, error);
    }
  };
  return { algorithms: ASYMMETRIC, getKey };
}

/**
 * The built-in identity service's keys, read with `load` when a token names one that is not known yet. Read a moment ago: the token waits until they may be read
 * again, since a *no* would sign its person out.
 */
export function localKeys(load: () => Promise<JSONWebKeySet>): TokenKeys {
  let known: JSONWebKeySet = { keys: [] };
  let loadedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | null = null;

  const refresh = async (): Promise<void> => {
    try {
      await delay(Math.max(0, loadedAt + RELOAD_COOLDOWN_MS - performance.now()), undefined, { ref: false });
      known = await load();
      loadedAt = performance.now();
    } catch (error) {
      throw new KeysUnavailableError('the keys could not be read', { cause: error });
    } finally {
      loading = null;
    }
  };

  const getKey: JWTVerifyGetKey = async (header, token) => {
    if (!known.keys.some((key) => key.kid === header.kid)) {
      loading ??= refresh();
      await loading;
    }
    return await createLocalJWKSet(known)(header, token);
  };
  return { algorithms: ASYMMETRIC, getKey };
}

const isAboutTheToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;

async function findAmong(keys: JSONWebKeySet, ...[header, token, cause]: [...Parameters<JWTVerifyGetKey>, unknown]) {
  try {
    return await createLocalJWKSet(keys)(header, token);
  } catch {
    // Perhaps a key made since: only the issuer could say.
    throw new KeysUnavailableError('the key set could not be fetched', { cause });
  }
}
