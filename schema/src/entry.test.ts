import { describe, expect, it } from 'vitest';
import {
  checkNewEntry,
  checkText,
  createEdit,
  createMessage,
  createReaction,
  encodeEntryContent,
  type MemberEntry,
  parseEntry,
} from './entry.ts';
import { createEntryId, type EntryId, isCanonicalUuid, type UserId } from './ids.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const id = '0197a000-0000-7000-8000-000000000001';
const message = { kind: 'message', id, author: alice, sentAt: 1, text: 'hi' };

describe('parseEntry', () => {
  it.each([
    ['a message', message],
    ['a message that answers another', { ...message, replyTo: id }],
    ['an undefined replyTo, which is an absent one', { ...message, replyTo: undefined }],
    ['8,000 characters of two units each', { ...message, text: '😀'.repeat(8_000) }],
    ['white space around a text', { ...message, text: '\n hi \n' }],
    ['the largest time', { ...message, sentAt: 8.64e15 }],
    ['an edit', { kind: 'edit', id, author: alice, sentAt: 0, target: id, text: 'x' }],
    ['a deletion', { kind: 'delete', id, author: alice, sentAt: 0, target: id }],
    [
      'a reaction of several code points',
      { kind: 'reaction', id, author: alice, sentAt: 0, target: id, emoji: '👩‍👩‍👧‍👦', on: true },
    ],
    ['an arrival by the server', { kind: 'arrival', id, author: 'server', sentAt: 0, of: [id], at: 5 }],
  ])('parseEntry takes %s', (_, value) => {
    expect(parseEntry(value)).toEqual({ ok: true, value });
  });

  it.each([
    ['null', null, 'plain object'],
    ['a string', 'hi', 'plain object'],
    ['an array', [message], 'plain object'],
    ['an object with another prototype', Object.assign(Object.create({ kind: 'message' }), message), 'plain object'],
    ['an unknown kind', { ...message, kind: 'poll' }, 'kind'],
    ['a kind that objects inherit', { ...message, kind: 'constructor' }, 'kind'],
    ['an unknown key', { ...message, html: '<b>' }, 'key'],
    ['a nested text', { ...message, text: { a: 1 } }, 'text must be a string'],
    ['an empty text', { ...message, text: ' \n\t ' }, 'text is empty'],
    ['8,001 characters', { ...message, text: 'x'.repeat(8_001) }, 'text is longer'],
    ['white space without end', { ...message, text: `x${' '.repeat(30_000)}` }, 'text is longer'],
    ['a NUL', { ...message, text: 'a\0b' }, 'NUL'],
    ['half a surrogate pair', { ...message, text: 'a\ud800' }, 'surrogate'],
    ['an uppercase id', { ...message, id: id.toUpperCase() }, 'id must'],
    ['an id that is no UUID', { ...message, id: '1' }, 'id must'],
    ['an author that is no user', { ...message, author: 'server' }, 'author must'],
    ['a time with a fraction', { ...message, sentAt: 1.5 }, 'sentAt must'],
    ['a negative time', { ...message, sentAt: -1 }, 'sentAt must'],
    ['a time beyond a Date', { ...message, sentAt: 8.64e15 + 2 }, 'sentAt must'],
    ['a time as text', { ...message, sentAt: '1' }, 'sentAt must'],
    ['NaN', { ...message, sentAt: Number.NaN }, 'sentAt must'],
    ['a null replyTo', { ...message, replyTo: null }, 'replyTo must'],
    ['an edit without target', { kind: 'edit', id, author: alice, sentAt: 0, text: 'x' }, 'target must'],
    [
      'a reaction of 17 characters',
      { kind: 'reaction', id, author: alice, sentAt: 0, target: id, emoji: 'x'.repeat(17), on: true },
      'emoji must',
    ],
    [
      'an empty reaction',
      { kind: 'reaction', id, author: alice, sentAt: 0, target: id, emoji: '', on: true },
      'emoji must',
    ],
    [
      'a reaction neither on nor off',
      { kind: 'reaction', id, author: alice, sentAt: 0, target: id, emoji: 'x', on: 1 },
      'on must',
    ],
    ['an arrival by a member', { kind: 'arrival', id, author: alice, sentAt: 0, of: [id], at: 5 }, 'author must'],
  ])('[R3] parseEntry refuses %s', (_, value, reason) => {
    const parsed = parseEntry(value);
    expect(parsed.ok ? '' : parsed.error).toContain(reason);
  });

  it('parseEntry never repeats content in its error', () => {
    const parsed = parseEntry({ ...message, text: `secret\0`, 'secret key': 1 });
    expect(parsed.ok ? '' : parsed.error).not.toContain('secret');
  });
});

describe('entries', () => {
  it('[R4] entries are the same content whatever the order of keys and the time of sending', () => {
    const parsed = [message, { text: 'hi', sentAt: 9, author: alice, id, kind: 'message', replyTo: undefined }].map(
      parseEntry,
    );
    const contents = parsed.map((one) => (one.ok && one.value.kind !== 'arrival' ? encodeEntryContent(one.value) : ''));
    expect(contents[0]).toBe(contents[1]);
    expect(contents[0]).not.toBe('');
  });

  it('entries are trimmed when they are made, and refused with a sentence', () => {
    expect(createMessage({ author: alice, sentAt: 1 }, '  hi\nyou ').text).toBe('hi\nyou');
    expect(() => createMessage({ author: alice, sentAt: 1 }, '   ')).toThrow('The message is empty.');
  });

  it('entries have time-ordered UUIDs of version 7', () => {
    const made = createEntryId(0x0197_0000_0000 * 0x10 + 5);
    expect(isCanonicalUuid(made)).toBe(true);
    expect(made[14]).toBe('7');
    expect(createEntryId(1_000) < createEntryId(2_000)).toBe(true);
  });
});

const SEEN = [
  'a',
  '.',
  ' - ',
  'é',
  'e\u0301',
  '\u0301a',
  '👩‍👩‍👧‍👦',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '🇳🇱',
  '1️⃣',
  '❤️',
  '👍🏽',
  'می‌خواهم',
  'क्‍ष',
  '\u200Ba\u200B',
  '\u202Ea',
  'ㅤㅤ.',
  '\u2801',
  '一',
  '\u00A9',
];
const UNSEEN = [
  '\u200B',
  '\u200B\u2060\uFEFF',
  '\u00AD',
  '\u202E\u202C',
  '\u2800\u2800',
  '\u3164',
  '\u115F\u1160\uFFA0',
  '\uFFFC',
  '\u0301',
  ' \u0301',
  '\u20E3',
  '\u200D',
  '\uFE0F',
  '\u{E0067}\u{E007F}',
  '\u{E0100}',
  '\uE000',
  '\u0378',
  '\uFFFE',
  '\u034F',
  '\u180E',
  '\u2064\u206A',
  '\u0001',
];

describe('what can be seen', () => {
  const authored = { author: alice, sentAt: 1 };
  const target = id as EntryId;
  const reaction = { kind: 'reaction', id, author: alice, sentAt: 0, target: id, on: true };

  it.each(SEEN)('[R8] what can be seen takes %j as text', (text) => {
    expect(checkText(text)).toBeNull();
    expect(createMessage(authored, text).text).toBe(text.trim());
    expect(checkNewEntry({ ...message, text } as MemberEntry)).toBeNull();
  });

  it.each(SEEN.filter((text) => text.trim() === text))('[R8] what can be seen takes %j as emoji', (emoji) => {
    expect(createReaction(authored, target, emoji, true).emoji).toBe(emoji);
    expect(checkNewEntry({ ...reaction, emoji } as MemberEntry)).toBeNull();
  });

  it.each(UNSEEN)(
    '[R8] what can be seen refuses %j as new text and emoji, and reads it where it is durable',
    (text) => {
      expect(checkText(text)).toBe(text.trim() === '' ? 'is empty' : 'has no character that can be seen');
      expect(() => createMessage(authored, text)).toThrow(RangeError);
      expect(() => createEdit(authored, target, text)).toThrow(RangeError);
      expect(() => createReaction(authored, target, text, true)).toThrow(RangeError);
      for (const entry of [
        { ...message, text: `x${text}` },
        { ...message, text: `\u200B${text}` },
        { kind: 'edit', id, author: alice, sentAt: 0, target: id, text: `\u200B${text}` },
        { ...reaction, emoji: `\u200B${text}\u200B` },
      ])
        expect(parseEntry(entry)).toEqual({ ok: true, value: entry });
      expect(checkNewEntry({ ...message, text } as MemberEntry)).toBe('text has no character that can be seen');
      expect(checkNewEntry({ ...reaction, emoji: text } as MemberEntry)).toBe(
        'emoji has no character that can be seen',
      );
    },
  );

  it('what can be seen asks a deletion for nothing', () => {
    expect(checkNewEntry({ kind: 'delete', id, author: alice, sentAt: 0, target: id } as MemberEntry)).toBeNull();
  });
});
