/** How the text of a setting becomes a value. Each error completes the sentence "PORT must be …". */
import { err, ok, type Result } from '@tablo/schema/result';

/** Below this an HMAC secret is guessed from one captured token. */
export const SECRET_MIN_LENGTH = 16;

/** Turns the text into a value; the error completes the sentence "PORT must be …". */
export type Parse<T> = (text: string) => Result<T, string>;

export const text: Parse<string> = (given) => ok(given);

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

export const origin: Parse<string> = (given) => {
  const parsed = URL.parse(given);
  const isPlain =
    parsed !== null && parsed.pathname === '/' && parsed.search === '' && parsed.hash === '' && parsed.username === '';
  return isPlain && ['http:', 'https:'].includes(parsed.protocol)
    ? ok(parsed.origin)
    : err('an address without a path, such as https://chat.example.org');
};

export const origins: Parse<readonly string[]> = (given) => {
  const items = given.split(/[\s,]+/).filter((item) => item !== '');
  const parsed = items.map((item) => (item === '*' ? ok('*') : origin(item)));
  return parsed.every((item) => item.ok)
    ? ok(parsed.map((item) => item.value))
    : err('a list of origins separated by commas, such as https://a.example,https://b.example');
};

export const secret: Parse<string> = (given) =>
  given.length >= SECRET_MIN_LENGTH ? ok(given) : err(`at least ${SECRET_MIN_LENGTH} characters long`);

export const bearerToken: Parse<string> = (given) =>
  given.length >= SECRET_MIN_LENGTH && /^[\w.~+/=-]+$/.test(given)
    ? ok(given)
    : err(`at least ${SECRET_MIN_LENGTH} letters and digits`);

const protocolOf = (given: string): string => URL.parse(given)?.protocol ?? '';
