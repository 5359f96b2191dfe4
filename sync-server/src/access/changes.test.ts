import { describe, expect, it } from 'vitest';
import { parseChange } from './changes.ts';

const tablo = '0197aaaa-0000-7000-8000-000000000001';
const user = '0197aaaa-0000-7000-8000-00000000000a';

describe('parseChange', () => {
  it('reads what the triggers say', () => {
    for (const change of [
      { type: 'access', tablo, user },
      { type: 'tablo', tablo },
      { type: 'read', tablo, user, seq: 7 },
      { type: 'draft', tablo, user },
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
  ])('passes over what it does not know: %s', (payload) => expect(parseChange(payload)).toBeNull());
});
