import { describe, expect, it } from 'vitest';
import { messagesQuery, parseBefore } from './messages-query.ts';

const limitOf = (limit?: string) => {
  const parsed = messagesQuery.safeParse(limit === undefined ? {} : { limit });
  return parsed.success ? parsed.data.limit : null;
};

describe('limit', () => {
  it.each([
    [undefined, 50],
    ['7', 7],
    ['0', 1],
    ['-3', 1],
    ['101', 100],
    ['99999999999999999999', 100],
    ['+5', 5],
  ])('the limit %s is %s', (given, expected) => {
    expect(limitOf(given)).toBe(expected);
  });
  it.each(['', 'ten', '1.5', '1e2', 'NaN', '0x10', ' 5'])('before=%j cannot be parsed', (given) =>
    expect(limitOf(given)).toBeNull(),
  );
});

describe('before', () => {
  const ms = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  it.each([
    '2026-01-02T03:04:05.678Z',
    '2026-01-02T03:04:05.678',
    '2026-01-02T05:04:05.678+02:00',
    '2026-01-02T05:04:05.678 02:00',
    '+002026-01-02T03:04:05.678Z',
  ])('before=%s is a time', (given) => expect(parseBefore(given)).toEqual({ type: 'time', ms }));
  it('before takes dates, the last time there is, and times before all messages', () => {
    expect(parseBefore('2026-01-02')).toEqual({ type: 'time', ms: Date.UTC(2026, 0, 2) });
    expect(parseBefore('+275760-09-13T00:00:00.000Z')).toEqual({ type: 'time', ms: 8.64e15 });
    expect(parseBefore('-271821-04-20T00:00:00.000Z')).toEqual({ type: 'time', ms: 0 });
  });
  it('before takes a message id', () => {
    const id = '0197aaaa-0000-7000-8000-000000000001';
    expect(parseBefore(id)).toEqual({ type: 'id', id });
  });
  it.each([
    '',
    '1',
    'yesterday',
    '2026',
    '2026-13-01T00:00:00Z',
    '0197AAAA-0000-7000-8000-000000000001',
    '1767322800000',
    'Fri, 02 Jan 2026',
  ])('%j cannot be parsed', (given) => expect(parseBefore(given)).toBeNull());
});
