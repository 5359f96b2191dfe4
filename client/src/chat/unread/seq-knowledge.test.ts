import { createEntryId, type EntryId } from '@tablo/schema/ids';
import { beforeEach, describe, expect, it } from 'vitest';
import { SeqKnowledge } from './seq-knowledge.ts';

const JOINED_AT = 100;
const ids = Array.from({ length: 600 }, () => createEntryId());
const at = (seq: number) => ({ id: ids[seq - 1] as EntryId, seq });

let seqs: SeqKnowledge;
beforeEach(() => {
  seqs = new SeqKnowledge();
});

type Step = (seqs: SeqKnowledge) => void;
const join: Step = (known) => known.join(5, JOINED_AT);
const leave: Step = (known) => known.leave();
const hear =
  (first: number, count = 1): Step =>
  (known) =>
    known.hear(first, count);
const list =
  (lastSeq: number, askedAt = JOINED_AT): Step =>
  (known) =>
    known.list(lastSeq, askedAt);

describe('what is known of the numbers', () => {
  it.each<[what: string, steps: readonly Step[], isBehind: boolean, complete: number]>([
    ['is nothing before the join', [hear(6), list(9)], false, 0],
    ['is all that was known before the join', [join], false, 5],
    ['grows by what is announced', [join, hear(6, 2)], false, 7],
    ['begins with the list’s answer, which may tell of more than has come', [join, list(7)], false, 5],
    ['begins above what was heard before the list answered', [join, hear(6, 2), list(5), hear(8)], false, 8],
    ['is not judged by an answer to a question of before the join', [join, list(7, JOINED_AT - 1)], false, 5],
    ['is behind where the list tells of more', [join, list(5), list(6)], true, 5],
    ['is behind where a number is jumped over', [join, list(5), hear(7)], true, 5],
    ['is behind until the last that is awaited has come', [join, list(5), list(8), hear(6)], true, 6],
    ['is complete again when it has come', [join, list(5), list(8), hear(6, 3)], false, 8],
    ['stays when something is said again', [join, list(7), hear(6, 2), hear(6, 2)], false, 7],
    ['is nothing after the link is lost', [join, list(5), list(6), leave], false, 0],
  ])('[R10] what is known %s', (_what, steps, isBehind, complete) => {
    for (const step of steps) step(seqs);
    expect(seqs.isBehind).toBe(isBehind);
    expect(seqs.completeUpTo(Number.MAX_SAFE_INTEGER)).toBe(complete);
  });

  it('[R10] reaches as far as the record, and not to a message that was announced and has not come', () => {
    seqs.join(9, JOINED_AT);
    expect(seqs.completeUpTo(8)).toBe(8);
    seqs.announce(at(7));
    expect(seqs.completeUpTo(8)).toBe(6);
    expect(seqs.arrive(at(7).id, true)).toBe(7);
    expect(seqs.completeUpTo(8)).toBe(8);
  });
});

describe('a message whose number is not known yet', () => {
  it('[R10] is read when it gets its number, if it was read before', () => {
    expect(seqs.arrive(at(1).id, true)).toBeNull();
    expect(seqs.arrive(at(2).id, false)).toBeNull();
    seqs.readUnnumbered();
    seqs.arrive(at(3).id, true);
    // Our own need no number.
    expect([1, 2, 3].map((seq) => seqs.place(at(seq).id).isRead)).toEqual([true, false, false]);
    expect(seqs.place(at(1).id).isRead).toBe(false);
  });

  it('[R10] is counted no more once it is deleted, whoever names it', () => {
    seqs.read([at(1).id, at(2).id]);
    seqs.delete(at(1).id);
    expect(seqs.answer({ count: 7, messages: [at(1), at(2)] })).toEqual({
      unread: { count: 6, messages: [at(2)] },
      read: [at(2)],
    });
    expect(seqs.place(at(1).id)).toEqual({ isRead: false, isDeleted: true });
    expect(seqs.place(at(2).id)).toEqual({ isRead: false, isDeleted: false });
  });

  it('[R9] is not remembered beyond an answer where too many have come at once', () => {
    for (const [index, id] of ids.entries()) if (index < 500) seqs.arrive(id, true);
    seqs.readUnnumbered();
    seqs.answer({ count: 0, messages: [] });
    expect(seqs.place(at(1).id).isRead).toBe(true);
    for (const id of ids) seqs.arrive(id, true);
    seqs.answer({ count: 0, messages: [] });
    expect(seqs.place(at(2).id).isRead).toBe(false);
  });

  it('[R10] is a new one where the numbers of a restored server begin anew', () => {
    seqs.read([at(1).id]);
    seqs.delete(at(2).id);
    seqs.renumber();
    for (const seq of [1, 2]) expect(seqs.place(at(seq).id)).toEqual({ isRead: false, isDeleted: false });
  });
});
