import type { EntryId, UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import type { ChannelRecord } from '../store/local-store.ts';
import { EMPTY_RECORD as empty } from '../testing/channel-record.ts';
import {
  applyUnreadAnswer,
  confirmReadPosition,
  countUnread,
  doubtReadPosition,
  forgetDeleted,
  markReadUpTo,
  moveReadPosition,
  noteArrival,
  noteReported,
} from './unread.ts';

const ME = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;
const OTHER = 'bbbbbbbb-0000-4000-8000-0000000000b2' as UserId;
const id = (seq: number) => `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}` as EntryId;
const messages = (...seqs: number[]) => seqs.map((seq) => ({ id: id(seq), seq }));

const arrive = (record: ChannelRecord, seq: number, author = OTHER) =>
  noteArrival(record, { id: id(seq), seq }, author, ME);

describe('unread', () => {
  it("[R10] the unread record counts others' messages once, never one's own, and what is read no more", () => {
    const three = [1, 2, 2, 3].reduce((record, seq) => arrive(record, seq), empty);
    expect(countUnread(three)).toBe(3);
    expect(countUnread(arrive(three, 4, ME))).toBe(3);
    expect(countUnread(moveReadPosition(three, 2))).toBe(1);
    expect(countUnread(arrive(moveReadPosition(three, 3), 2))).toBe(0);
  });

  it('[R10] a position never moves back', () => {
    const read = markReadUpTo(arrive(empty, 5), 5);
    expect(moveReadPosition(read, 3).readSeq).toBe(5);
    expect(markReadUpTo(read, 3).pendingRead).toBe(5);
  });

  it('[R10] a deleted message is not unread', () => {
    expect(countUnread(forgetDeleted(arrive(empty, 1), id(1)))).toBe(0);
  });

  it("[R10] the server's answer replaces what was known, but for what came while it was on its way", () => {
    const live = arrive(arrive(empty, 1), 3);
    const answered = applyUnreadAnswer(live, { count: 1, messages: messages(2) }, 2);
    expect(Object.keys(answered.unread).sort()).toEqual([id(2), id(3)]);
  });

  it('[R7] what was read offline stays read when the answer does not know of it yet', () => {
    const read = markReadUpTo(arrive(arrive(empty, 1), 2), 2);
    expect(countUnread(applyUnreadAnswer(read, { count: 2, messages: messages(1, 2) }, 2))).toBe(0);
    expect(noteReported(read, 1, 1).pendingRead).toBe(2);
    expect(noteReported(read, 2, 2).pendingRead).toBeNull();
  });

  it('[R10] the unread record remembers which position the server named itself', () => {
    const read = markReadUpTo(arrive(arrive(empty, 1), 2), 2);
    expect(read.confirmedRead).toBeUndefined();
    expect(noteReported(read, 2, 1)).toMatchObject({ confirmedRead: 1, pendingRead: null, readSeq: 2 });
    expect(confirmReadPosition(noteReported(read, 2, 2), 1).confirmedRead).toBe(2);
  });

  it('[R10] a position that is doubtful stays so, whatever is reported, until the list is answered', () => {
    const doubtful = doubtReadPosition(markReadUpTo(arrive(empty, 2), 2));
    expect(doubtful).toMatchObject({ confirmedRead: 'doubtful', pendingRead: null });
    expect(noteReported(doubtful, 2, 2).confirmedRead).toBe('doubtful');
  });

  it('[R10] what the server counted and did not list is counted too, until it is read', () => {
    const many = applyUnreadAnswer(
      { ...empty, lastSeq: 5_000 },
      { count: 5_000, messages: messages(4_999, 5_000) },
      5_000,
    );
    expect(countUnread(many)).toBe(5_000);
    expect(countUnread(moveReadPosition(many, 4_999))).toBe(1);
  });
});
