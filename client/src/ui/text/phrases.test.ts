import { describe, expect, it } from 'vitest';
import {
  avatarColour,
  badgeLabel,
  initials,
  isBigEmoji,
  lengthProblem,
  newSentence,
  pageTitle,
  unseenProblem,
  unsyncedSentence,
  whoReacted,
} from './phrases.ts';

describe('initials', () => {
  it.each([
    ['Ada Lovelace', 'AL'],
    ['ada', 'A'],
    ['  Jean-Luc  van der Berg ', 'JB'],
    ['李小龙', '李'],
    ['Kitchen & plants 🌿', 'KP'],
    ['🌿', '?'],
    ['', '?'],
    ['(Release) 2.4', 'R2'],
  ])('initials of %j are %j', (name, letters) => expect(initials(name)).toBe(letters));
});

describe('avatarColour', () => {
  it('avatarColour is stable and in range', () => {
    for (const id of ['', 'a', '0197f7a0-0000-7000-8000-000000000000', '🌿']) {
      expect(avatarColour(id)).toBe(avatarColour(id));
      expect(avatarColour(id)).toBeGreaterThanOrEqual(0);
      expect(avatarColour(id)).toBeLessThan(10);
    }
  });
});

describe('newSentence', () => {
  it('newSentence says how many, and since when where that is known', () => {
    expect(newSentence(5_000, 'Monday 14:03')).toBe('5,000 new since Monday 14:03');
    expect(newSentence(2, null)).toBe('2 new messages');
    expect(newSentence(1, null)).toBe('1 new message');
  });
});

describe('isBigEmoji', () => {
  it.each(['🎉', '👍🏽', '👩‍👩‍👧‍👦', '❤️', '🇳🇱', ' 😀 😀 😀 ', '1️⃣'])('is true of %j', (text) =>
    expect(isBigEmoji(text)).toBe(true),
  );
  it.each(['', ' ', 'a', '1', '12', '#', '🎉 yes', '😀😀😀😀', '©x'])('is false of %j', (text) =>
    expect(isBigEmoji(text)).toBe(false),
  );
});

describe('sentences', () => {
  it('the page’s sentences name who reacted', () => {
    expect(whoReacted(['Ada'], false, '👍')).toBe('Ada reacted with 👍');
    expect(whoReacted(['Ada', 'Bob'], true, '👍')).toBe('You, Ada and Bob reacted with 👍');
    expect(whoReacted([], true, '👍')).toBe('You reacted with 👍');
    expect(
      whoReacted(
        Array.from({ length: 20 }, (_, index) => `P${index}`),
        false,
        '👍',
      ),
    ).toContain('and 13 others');
  });

  it('the page’s sentences count to 99', () => {
    expect(badgeLabel(99)).toBe('99');
    expect(badgeLabel(100)).toBe('99+');
    expect(pageTitle(0, null)).toBe('Tablo Chat');
    expect(pageTitle(120, 'Lunch')).toBe('(99+) Lunch · Tablo Chat');
  });

  it('[R8] the page’s sentences say by how much a text is too long, in code points', () => {
    expect(lengthProblem('😀'.repeat(10), 10)).toBeNull();
    expect(lengthProblem(`  ${'x'.repeat(10)}\n`, 10)).toBeNull();
    expect(lengthProblem('😀'.repeat(11), 10)).toBe('That is 1 character too long. A message holds 10.');
  });
});

describe('unseenProblem', () => {
  it.each(['', ' ', 'a', '👩‍👩‍👧‍👦', 'می‌خواهم', 'क्‍ष'])('[R8] has nothing to say of %j', (text) =>
    expect(unseenProblem(text)).toBeNull(),
  );
  it.each(['\u200B', ' \u3164 ', '\u0301', '\u2800\u2800'])('[R8] says why %j is not sent', (text) =>
    expect(unseenProblem(text)).toContain('nothing in it that others could see'),
  );
});

describe('unsyncedSentence', () => {
  it.each([
    [{ entries: 1, drafts: 0 }, 'One message or change is not delivered yet.'],
    [{ entries: 3, drafts: 0 }, '3 messages or changes are not delivered yet.'],
    [{ entries: 0, drafts: 1 }, 'One draft is on this device only.'],
    [{ entries: 0, drafts: 2 }, '2 drafts are on this device only.'],
    [{ entries: 2, drafts: 1 }, '2 messages or changes are not delivered yet, and one draft is on this device only.'],
  ])('the sentence about unsynced data of %j', (unsynced, sentence) =>
    expect(unsyncedSentence(unsynced)).toBe(sentence),
  );
});
