import { describe, expect, it } from 'vitest';
import { CausalClock } from './causal-clock.ts';
import { REASON_CODES, REASONS } from './close-codes.ts';
import { encodeDocumentName, parseDocumentName } from './document-name.ts';
import type { TabloId, UserId } from './ids.ts';
import { countCodePoints } from './names/text.ts';
import { canModerate, canWrite, isAtLeast, parseRole } from './roles.ts';
import { computeShownAt } from './shown-at.ts';
import { isUnread, mergeReadPosition } from './unread.ts';
import { parseServerStateless } from './wire/stateless.ts';

const tablo = '0197a000-0000-7000-8000-000000000001' as TabloId;
const alice = '00000000-0000-4000-8000-00000000000a' as UserId;

describe('document names', () => {
  it('[R6] document names have one spelling', () => {
    expect(parseDocumentName(encodeDocumentName({ tabloId: tablo, epoch: 12 }))).toEqual({ tabloId: tablo, epoch: 12 });
    for (const name of [
      '',
      tablo,
      `${tablo}/`,
      `${tablo}/0`,
      `${tablo}/01`,
      `${tablo}/1/2`,
      `${tablo}/-1`,
      `${tablo}/1e3`,
      `${tablo.toUpperCase()}/1`,
      ` ${tablo}/1`,
    ]) {
      expect(parseDocumentName(name), name).toBeNull();
    }
  });
});

describe('shownAt', () => {
  it.each([
    [0, 1_000_000],
    [60_000, 1_000_000],
    [60_001, 1_060_001],
    [-60_000, 1_000_000],
    [-60_001, 939_999],
  ])('[R5] shownAt of an entry received %i ms after sending follows the table', (delay, shown) => {
    expect(computeShownAt(1_000_000, 1_000_000 + delay)).toBe(shown);
  });
});

describe('CausalClock', () => {
  it('[R5] CausalClock never stamps before anything seen, nor twice the same', () => {
    let now = 1_000;
    const clock = new CausalClock(() => now);
    expect(clock.next()).toBe(1_000);
    expect(clock.next()).toBe(1_001);
    clock.observe(5_000);
    expect(clock.next()).toBe(5_001);
    now = 9_000;
    expect(clock.next()).toBe(9_000);
  });
});

describe('unread', () => {
  const message = { author: 'somebody else', seq: 7, isDeleted: false };
  it('[R10] the unread count follows seq, and counts neither own nor deleted messages', () => {
    expect(isUnread(message, alice, 6)).toBe(true);
    expect(isUnread(message, alice, 7)).toBe(false);
    expect(isUnread({ ...message, author: alice }, alice, 0)).toBe(false);
    expect(isUnread({ ...message, isDeleted: true }, alice, 0)).toBe(false);
  });
  it('[R10] a read position never moves backwards', () => {
    expect(mergeReadPosition(9, 4)).toBe(9);
  });
});

describe('roles', () => {
  it('[R3] an unknown role may only read', () => {
    expect(canWrite(parseRole('superuser'))).toBe(false);
    expect([canWrite('member'), canModerate('member'), canModerate('admin'), isAtLeast('admin', 'owner')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('the table of reasons', () => {
  it('the table of reasons lists exactly the twelve of the contract, with distinct close codes but for the two on which everybody comes back at once', () => {
    expect([...REASON_CODES].sort()).toEqual(
      'duplicate-id epoch-moved forbidden invalid-update not-your-entry rate-limited read-only shutting-down token-expired too-large unauthenticated unavailable'.split(
        ' ',
      ),
    );
    const codes = REASON_CODES.filter((code) => code !== 'epoch-moved').map((code) => REASONS[code].close);
    expect(new Set(codes).size).toBe(11);
    expect([REASONS['epoch-moved'].close, REASONS['shutting-down'].close]).toEqual([1012, 1012]);
  });
  it('the table of reasons closes for ever with 4400 to 4499, and temporary troubles otherwise', () => {
    for (const code of REASON_CODES) {
      const { close, recovery } = REASONS[code];
      // A client of `/yjs` that is sent to another document knows nothing of documents: it comes back, and is given the live one.
      const isFinal = recovery !== 'backoff' && code !== 'epoch-moved';
      expect(close >= 4400 && close <= 4499, code).toBe(isFinal);
    }
  });
});

describe('text and stateless messages', () => {
  it('text and stateless messages counts code points', () => {
    expect([countCodePoints(''), countCodePoints('a😀b'), countCodePoints('\ud800')]).toEqual([0, 3, 1]);
  });
  it('text and stateless messages takes nothing but its own messages', () => {
    for (const payload of [
      '',
      '{',
      '[]',
      '{"type":"evil"}',
      '{"type":"refused","code":"nope","message":"","ids":[]}',
    ]) {
      expect(parseServerStateless(payload), payload).toBeNull();
    }
  });
});
