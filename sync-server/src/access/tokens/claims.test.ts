import { describe, expect, it } from 'vitest';
import { claimsOf, displayName } from './claims.ts';

const sub = '00000000-0000-4000-8000-00000000000a';
const read = (payload: object) => claimsOf({ sub, exp: 4_000_000_000, ...payload });

describe('claimsOf', () => {
  it.each([
    ['a bidi override', '\u202EecilA', 'ecilA'],
    ['invisible characters', 'Alice\u200B\u2060', 'Alice'],
    ['white space', '  Alice \n\t Liddell ', 'Alice Liddell'],
    ['a NUL and half a pair', 'Ali\u0000ce\uD800', 'Alice'],
    ['Persian with its joiner', 'علی\u200Cرضا', 'علی\u200Cرضا'],
    ['300 characters', '😀'.repeat(300), '😀'.repeat(200)],
  ])('[R3] claimsOf cleans a name: %s', (_, name, expected) => expect(read({ name })?.name).toBe(expected));

  it('[R3] claimsOf takes the first name that shows something', () => {
    expect(read({ name: '\u200B\u2060', user_metadata: { full_name: '\u3164', name: 'Alice' } })?.name).toBe('Alice');
    expect(read({ name: '\u202E', user_metadata: {} })?.name).toBeNull();
    expect(read({ name: 7 })?.name).toBeNull();
  });

  it.each([
    ['an address', ' alice@example.org ', 'alice@example.org'],
    ['one of another script', 'алиса@пример.рф', 'алиса@пример.рф'],
    ['a bidi override', 'alice\u202E@example.org', null],
    ['invisible characters', 'al\u200Bice@example.org', null],
    ['white space inside', 'alice @example.org', null],
    ['what cannot be stored', 'a\u0000@example.org', null],
    ['nothing', ' ', null],
  ])('[R3] claimsOf takes only an e-mail address that hides nothing: %s', (_, email, expected) =>
    expect(read({ email })?.email).toBe(expected),
  );
});

describe('displayName', () => {
  it.each([
    [{ name: 'Alice', email: 'a@example.org' }, 'Alice'],
    [{ name: null, email: 'alice@example.org' }, 'alice'],
    [{ name: null, email: '@example.org' }, 'Someone'],
    [{ name: null, email: null }, 'Someone'],
  ])('[R3] displayName of %j is %j', (claims, expected) => expect(displayName(claims)).toBe(expected));
});
