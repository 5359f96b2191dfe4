import { describe, expect, it } from 'vitest';
import { parseChange } from './changes.ts';

const tablo = '0197aaaa-0000-7000-8000-000000000001';
const user = '0197aaaa-0000-7000-8000-00000000000a';

describe('parseChange', () => {
  it('[R10] parseChange takes no value from a notification: whoever may say NOTIFY can make one up', () => {
    const forged = { type: 'read', tablo, user, seq: 7, role: 'owner' };
    expect(parseChange(JSON.stringify(forged))).toEqual({ type: 'read', tablo, user });
  });

  it('parseChange reads what the triggers say', () => {
    for (const change of [
      { type: 'access', tablo, user },
      { type: 'tablo', tablo },
      { type: 'read', tablo, user },
      { type: 'draft', tablo, user },
      { type: 'all' },
    ]) {
      expect(parseChange(JSON.stringify(change))).toEqual(change);
    }
  });

  it.each([
    '',
    'null',
    '[]',
    '"x"',
    '{',
    JSON.stringify({ type: 'access', tablo }),
    JSON.stringify({ type: 'new', tablo, user }),
    JSON.stringify({ type: 'access', tablo: tablo.toUpperCase(), user }),
    JSON.stringify({ type: 'tablo', tablo: `${tablo}0` }),
    JSON.stringify({ type: 'access', tablo: { length: 36 }, user }),
    JSON.stringify({ type: ['all'] }),
    JSON.stringify({ type: 'all', padding: 'x'.repeat(7_900) }),
    '['.repeat(7_900),
    '{"__proto__":{"type":"all"}}',
  ])('parseChange passes over what it does not know: %s', (payload) => expect(parseChange(payload)).toBeNull());
});
