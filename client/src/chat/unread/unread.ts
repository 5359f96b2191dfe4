/**
 * [R10] Which messages are unread: pure steps on a channel's record. A list of ids with their `seq`, not a counter, so that every event may come twice
 * and in any order. The definition itself is schema's.
 */
import type { EntryId, UserId } from '@tablo/schema/ids';
import { isUnread, mergeReadPosition } from '@tablo/schema/unread';
import type { ChannelRecord } from '../store/local-store.ts';

export interface SequencedMessage {
  readonly id: EntryId;
  readonly seq: number;
}

export interface UnreadAnswer {
  readonly count: number;
  /** The newest of them, oldest first. */
  readonly messages: readonly SequencedMessage[];
}

const idsOf = (unread: ChannelRecord['unread']): readonly SequencedMessage[] =>
  Object.entries(unread).map(([id, seq]) => ({ id: id as EntryId, seq }));

const listOf = (messages: readonly SequencedMessage[]): ChannelRecord['unread'] =>
  Object.fromEntries(messages.map(({ id, seq }) => [id, seq]));

export function countUnread(record: ChannelRecord): number {
  return Object.keys(record.unread).length + record.unlistedUnread;
}

/** A message became durable as number `seq`. */
export function noteArrival(
  record: ChannelRecord,
  { id, seq }: SequencedMessage,
  author: UserId,
  reader: UserId,
): ChannelRecord {
  const known = { ...record, lastSeq: Math.max(record.lastSeq, seq) };
  if (!isUnread({ author, seq, isDeleted: false }, reader, record.readSeq)) return known;
  return { ...known, unread: { ...record.unread, [id]: seq } };
}

/** `askedAtSeq`: the newest `seq` known when the question was sent; what came later, the answer may not know. */
export function applyUnreadAnswer(record: ChannelRecord, answer: UnreadAnswer, askedAtSeq: number): ChannelRecord {
  const newer = idsOf(record.unread).filter(({ seq }) => seq > askedAtSeq);
  const listed = answer.messages.filter(({ seq }) => seq > record.readSeq);
  const isReadInto = listed.length < answer.messages.length;
  return {
    ...record,
    unread: listOf([...listed, ...newer]),
    unlistedUnread: isReadInto ? 0 : Math.max(0, answer.count - answer.messages.length),
  };
}

/** Of a tablo that nobody here can read any more. */
export const forgetUnread = (record: ChannelRecord): ChannelRecord => ({ ...record, unread: {}, unlistedUnread: 0 });

export function forgetDeleted(record: ChannelRecord, id: EntryId): ChannelRecord {
  if (!(id in record.unread)) return record;
  return { ...record, unread: listOf(idsOf(record.unread).filter((message) => message.id !== id)) };
}

/** Read up to `seq`, here or on another device. */
export function moveReadPosition(record: ChannelRecord, seq: number): ChannelRecord {
  if (seq <= record.readSeq) return record;
  const left = idsOf(record.unread).filter((message) => message.seq > seq);
  const isPastUnlisted = left.length < Object.keys(record.unread).length || seq >= record.lastSeq;
  return {
    ...record,
    readSeq: mergeReadPosition(record.readSeq, seq),
    unread: listOf(left),
    unlistedUnread: isPastUnlisted ? 0 : record.unlistedUnread,
  };
}

/** This device has read up to here. The position is reported when the server can be reached. */
export function markReadUpTo(record: ChannelRecord, seq: number): ChannelRecord {
  if (seq <= record.readSeq) return record;
  return { ...moveReadPosition(record, seq), pendingRead: mergeReadPosition(record.pendingRead ?? 0, seq) };
}

/** The server names the position that it has. While that is doubtful, only the list's answer ends the doubt. */
export function confirmReadPosition(record: ChannelRecord, seq: number): ChannelRecord {
  const moved = moveReadPosition(record, seq);
  const { confirmedRead = -1 } = moved;
  return confirmedRead === 'doubtful' || seq <= confirmedRead ? moved : { ...moved, confirmedRead: seq };
}

/** `seq` was reported, and the server says where it stands now. */
export function noteReported(record: ChannelRecord, seq: number, confirmed: number): ChannelRecord {
  const pendingRead = record.pendingRead !== null && record.pendingRead > seq ? record.pendingRead : null;
  return confirmReadPosition({ ...record, pendingRead }, confirmed);
}

/** The server has lost what it had stored: whichever position it names next counts, and none of ours is reported until then. */
export function doubtReadPosition(record: ChannelRecord): ChannelRecord {
  return { ...record, pendingRead: null, confirmedRead: 'doubtful' };
}

/** Does the record hold numbers that the server had before it was restored from a backup? `named`: the position that it names now. */
export function isFromBefore({ confirmedRead = 0 }: ChannelRecord, named: number): boolean {
  return confirmedRead === 'doubtful' || named < confirmedRead;
}
