import { describe, expect, it } from 'vitest';
import { isDatabaseAway } from './database-away.ts';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

describe('isDatabaseAway', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '53300', '53100', '08006', '25006', '57014', '40P01'])(
    '[R11] holds for %s',
    (code) => {
      expect(isDatabaseAway(withCode(code))).toBe(true);
      expect(isDatabaseAway(new AggregateError([withCode(code)]))).toBe(true);
    },
  );

  it('holds for what pg says in words', () => {
    expect(isDatabaseAway(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isDatabaseAway(new Error('timeout exceeded when trying to connect'))).toBe(true);
  });

  it.each(['23505', '42P01', '22P02', 'ERR_INVALID_ARG_TYPE'])('does not hold for %s, which is our mistake', (code) => {
    expect(isDatabaseAway(withCode(code))).toBe(false);
  });

  it('does not hold for anything else', () => {
    expect(isDatabaseAway(new Error('x is not a function'))).toBe(false);
    expect(isDatabaseAway('x')).toBe(false);
  });
});
