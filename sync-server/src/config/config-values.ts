/** How the text of a setting becomes a value. Each error completes the sentence "PORT must be …". */
import { isIPv6 } from 'node:net';
import { err, ok, type Result } from '@tablo/schema/result';
import { normaliseOrigin } from '../base/origins.ts';
import { isUsablePath, publicPathOf } from '../base/public-path.ts';
import { parseDatabaseUrl } from './database-url.ts';

/** Below this an HMAC secret is guessed from one captured token. */
export const SECRET_MIN_LENGTH = 16;

/** Turns the text into a value; the error completes the sentence "PORT must be …". */
export type Parse<T> = (text: string) => Result<T, string>;

export const text: Parse<string> = (given) => ok(given);

/** An address to listen on: IPv6 also as URLs have it, in brackets. */
export const address: Parse<string> = (given) => {
  const bracketed = /^\[(.*)\]$/.exec(given)?.[1];
  return ok(bracketed !== undefined && isIPv6(bracketed) ? bracketed : given);
};

export const integer =
  (min: number, max: number): Parse<number> =>
  (given) => {
    const value = Number(given);
    return /^\d+$/.test(given) && value >= min && value <= max
      ? ok(value)
      : err(`a whole number from ${min} to ${max}`);
  };

export const oneOf =
  <T extends string>(values: readonly T[]): Parse<T> =>
  (given) => {
    const value = values.find((candidate) => candidate === given);
    return value === undefined ? err(`one of ${values.join(', ')}`) : ok(value);
  };

export const url =
  (what: string, ...protocols: readonly string[]): Parse<string> =>
  (given) =>
    protocols.includes(protocolOf(given))
      ? ok(given)
      : err(`${what}, beginning with ${protocols.map((p) => `${p}//`).join(' or ')}`);

export const databaseUrl: Parse<string> = parseDatabaseUrl;

/** As browsers write it, whatever the capitals, port and slash at the end. */
export const origin: Parse<string> = (given) => {
  const parsed = URL.parse(given);
  const isPlain =
    parsed !== null && parsed.pathname === '/' && parsed.search === '' && parsed.hash === '' && parsed.username === '';
  const normal = isPlain && ['http:', 'https:'].includes(parsed.protocol) ? normaliseOrigin(given) : null;
  return normal !== null && HOST.test(parsed?.hostname ?? '')
    ? ok(normal)
    : err('an address without a path, such as https://chat.example.org');
};

/** An origin, or one with a path below which all of it is; without a slash at the end. */
export const publicUrl: Parse<string> = (given) => {
  const parsed = URL.parse(given);
  const base = parsed === null ? null : origin(parsed.origin);
  if (parsed === null || base?.ok !== true || `${parsed.search}${parsed.hash}${parsed.username}` !== '')
    return err('the address that people open, such as https://chat.example.org or https://example.org/chat/');
  const path = publicPathOf(given);
  return isUsablePath(path)
    ? ok(base.value + path)
    : err('an address with another path: of letters and digits, and not one of this server’s own (/api, /sync, /t)');
};

/** Names and numbers; the rest of what a URL takes as a host is a slip: a star, a semicolon. */
const HOST = /^([\w-]+\.)*[\w-]+\.?$|^\[[\da-f:.]+\]$/i;
/** Of apps and extensions: `capacitor://localhost`, `chrome-extension://…`. */
const APP_ORIGIN = /^(?!(https?|wss?|ftp|file|data|blob|javascript):)[a-z][a-z\d+.-]*:\/\/[\w.-]+(:\d+)?$/i;

/** Each item as browsers send it, or one sentence about the first that none sends. */
export const origins: Parse<readonly string[]> = (given) => {
  const items = given.split(/[\s,;]+/).filter((item) => item !== '');
  const parsed: string[] = [];
  for (const item of items) {
    const one: Result<string, string> =
      item === '*' ? ok('*') : APP_ORIGIN.test(item) ? ok(item.toLowerCase()) : origin(item);
    if (!one.ok) return err(sentenceOn(item));
    parsed.push(one.value);
  }
  return ok([...new Set(parsed)]);
};

function sentenceOn(item: string): string {
  if (item.toLowerCase() === 'null')
    return 'a list of addresses; null is what pages without an address send (files, sandboxed frames): only * lets them in';
  if (item.includes('*'))
    return 'a list of whole addresses, or * alone for any; a star within an address stands for nothing here';
  return 'a list of origins separated by commas, such as https://a.example,https://b.example';
}

export const secret: Parse<string> = (given) =>
  given.length >= SECRET_MIN_LENGTH ? ok(given) : err(`at least ${SECRET_MIN_LENGTH} characters long`);

const TOKEN = /^[\w.~+/=-]+$/;

export const bearerToken: Parse<string> = (given) =>
  given.length >= SECRET_MIN_LENGTH && TOKEN.test(given)
    ? ok(given)
    : err(`at least ${SECRET_MIN_LENGTH} letters and digits`);

const SERVICE_TOKEN_MIN_LENGTH = 32;

/** As they stand in an `Authorization` header (RFC 6750). */
export const serviceTokens: Parse<readonly string[]> = (given) => {
  const tokens = given.split(/[\s,]+/).filter((token) => token !== '');
  const areGood = tokens.every((token) => token.length >= SERVICE_TOKEN_MIN_LENGTH && TOKEN.test(token));
  return areGood
    ? ok([...new Set(tokens)])
    : err(`tokens of at least ${SERVICE_TOKEN_MIN_LENGTH} letters and digits each, separated by commas`);
};

const protocolOf = (given: string): string => URL.parse(given)?.protocol ?? '';
