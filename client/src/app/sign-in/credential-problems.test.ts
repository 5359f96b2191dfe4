import { describe, expect, it } from 'vitest';
import { ChatError } from '../../chat/chat.ts';
import { fieldProblemOf, problemsOf } from './credential-problems.ts';

const GOOD = { name: 'Ada', email: 'ada@example.org', password: 'long enough' };
const wrongFields = (given: Partial<typeof GOOD>, kind: 'sign-up' | 'sign-in' = 'sign-up') =>
  Object.keys(problemsOf(kind, { ...GOOD, ...given }));

describe('a sign-up', () => {
  it('a sign-up is told everything that is wrong with it at once, a sentence for each field', () => {
    expect(problemsOf('sign-up', { name: '', email: 'foo@bar', password: '1234567' })).toEqual({
      name: 'Tell the others your name.',
      email: 'This does not look like an email address, such as name@example.org.',
      password: 'The password needs at least 8 characters.',
    });
    expect(wrongFields({})).toEqual([]);
  });

  it('a sign-up takes addresses of all usual forms, and none that cannot be one', () => {
    for (const email of ['a.b+c@mail.example.co.uk', "o'neil@example.org", 'ada@xn--bcher-kva.example'])
      expect(wrongFields({ email })).toEqual([]);
    for (const email of ['', 'ada', 'ada@', '@example.org', 'foo@bar', 'a b@example.org', 'a@b@example.org'])
      expect(wrongFields({ email }), email).toEqual(['email']);
  });

  it('a sign-up has a name that can be seen, and a password that is neither too short nor too long', () => {
    for (const name of ['\u200B', '\u202E', 'x'.repeat(201)]) expect(wrongFields({ name })).toEqual(['name']);
    for (const password of ['', '1234567', 'x'.repeat(129)]) expect(wrongFields({ password })).toEqual(['password']);
  });
});

it('a sign-in is asked for no name, and its password is judged by the server alone', () => {
  expect(wrongFields({ name: '', password: 'x' }, 'sign-in')).toEqual([]);
  expect(wrongFields({ email: '', password: '' }, 'sign-in')).toEqual(['email', 'password']);
});

it('an answer of the server belongs to its field, or to the form', () => {
  expect(fieldProblemOf(new ChatError('USER_ALREADY_EXISTS', 'There is one.'))).toEqual({ email: 'There is one.' });
  expect(fieldProblemOf(new ChatError('INVALID_EMAIL_OR_PASSWORD', 'No.'))).toEqual({ password: 'No.' });
  for (const code of ['INVALID_ORIGIN', 'offline', 'toString'])
    expect(fieldProblemOf(new ChatError(code, 'No.'))).toBe(null);
  expect(fieldProblemOf(new Error('No.'))).toBe(null);
});
