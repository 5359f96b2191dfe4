/**
 * The invariants that hold between a message's rows, whatever epoch it is of. Pure. Texts are compared by their entries' digests, so that even what no
 * document holds any more is checked to the letter.
 */
import { encodeEntryContent } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import { compareKeys, computeShownAt } from '@tablo/schema/shown-at';
import { digestContent } from '../ledger/store/digest.ts';
import type { Finding } from './drift.ts';
import type { EntryRecord, MessageRecord, Records, TabloRecord } from './records.ts';

export function compareTablo(tablo: TabloRecord): readonly Finding[] {
  const findings: Finding[] = tablo.seqBreaks.map(({ seq, before }) => ({
    code: 'seq-gap',
    id: null,
    detail: `${seq} follows ${before}`,
  }));
  if (tablo.lastSeq !== tablo.maxSeq)
    findings.push({ code: 'last-seq', id: null, detail: `last_seq ${tablo.lastSeq}, newest ${tablo.maxSeq}` });
  for (const epoch of tablo.otherLogEpochs)
    findings.push({ code: 'document-epoch', id: null, detail: `log of ${epoch}, live ${tablo.epoch}` });
  // An older snapshot may be left by a server that stored while the tablo moved on; the next one replaces it.
  if (tablo.snapshotEpoch !== null && tablo.snapshotEpoch > tablo.epoch)
    findings.push({
      code: 'document-epoch',
      id: null,
      detail: `snapshot of ${tablo.snapshotEpoch}, live ${tablo.epoch}`,
    });
  return findings;
}

export function compareRows(records: Records): readonly Finding[] {
  const { about, entries, message } = records;
  const own = entries.find(({ kind, id }) => kind === 'message' && id === about) ?? null;
  const findings: Finding[] = entries.flatMap((entry) => checkTime(entry));
  if (own === null && message === null) {
    for (const { id } of entries) findings.push({ code: 'target-missing', id });
    return findings;
  }
  if (own === null || message === null) {
    findings.push({ code: own === null ? 'message-without-entry' : 'entry-without-message', id: about });
    return findings;
  }
  findings.push(...checkMessage(own, message), ...checkEditRows(records), ...checkDeletion(records, message));
  if (message.deletedAt === null) findings.push(...checkTexts(own, message, records), ...checkReactions(records));
  return findings;
}

function checkTime({ id, sentAt, receivedAt, shownAt }: EntryRecord): readonly Finding[] {
  return shownAt === computeShownAt(sentAt, receivedAt)
    ? []
    : [{ code: 'shown-at-rule', id, detail: `sent ${sentAt}, received ${receivedAt}, shown ${shownAt}` }];
}

function checkMessage(own: EntryRecord, message: MessageRecord): readonly Finding[] {
  const columns = (['author', 'sentAt', 'receivedAt', 'shownAt'] as const).filter((key) => own[key] !== message[key]);
  return columns.length === 0 ? [] : [{ code: 'message-differs', id: own.id, detail: columns.join(', ') }];
}

const ofKind = ({ entries }: Records, kind: EntryRecord['kind']) => entries.filter((entry) => entry.kind === kind);

function latest<E extends EntryRecord>(entries: readonly E[]): E | null {
  return entries.reduce<E | null>((best, one) => (best === null || compareKeys(one, best) > 0 ? one : best), null);
}

function checkEditRows(records: Records): readonly Finding[] {
  const rows = new Map(records.edits.map((row) => [row.id, row]));
  const findings: Finding[] = [];
  for (const { id, author, shownAt } of ofKind(records, 'edit')) {
    const row = rows.get(id);
    rows.delete(id);
    if (row === undefined || row.author !== author || row.shownAt !== shownAt) findings.push({ code: 'edit-row', id });
    if (author !== records.message?.author) findings.push({ code: 'edit-author', id });
  }
  for (const id of rows.keys()) findings.push({ code: 'edit-row', id, detail: 'no such edit' });
  return findings;
}

function checkDeletion(records: Records, message: MessageRecord): readonly Finding[] {
  const times = ofKind(records, 'delete').map(({ shownAt }) => shownAt);
  const expected = times.length === 0 ? null : times.reduce((first, time) => Math.min(first, time));
  const findings: Finding[] = [];
  if (message.deletedAt !== expected)
    findings.push({ code: 'deletion', id: message.id, detail: `deleted ${message.deletedAt}, entries ${expected}` });
  // Large numbers of rows are removed in portions, after the commit.
  const hasLeft = records.reactions.length > 0 || records.edits.some(({ text }) => text !== '');
  const hasContent = message.text !== '' || message.firstText !== null || (hasLeft && !message.isBeingErased);
  if (message.deletedAt !== null && hasContent) findings.push({ code: 'deleted-content', id: message.id });
  return findings;
}

/** The newest version is in `messages`; every other one is in `message_edits`. */
function checkTexts(own: EntryRecord, message: MessageRecord, records: Records): readonly Finding[] {
  const edits = ofKind(records, 'edit');
  const winner = latest(edits);
  const findings: Finding[] = [];
  // A server before ours has left the time of an edit, and nothing else of it.
  const isEarlier = winner === null && own.epoch === 0;
  if (message.editId !== (winner?.id ?? null) || (message.editedAt !== (winner?.shownAt ?? null) && !isEarlier))
    findings.push({ code: 'edit-winner', id: message.id, detail: `entry ${winner?.id ?? 'none'}` });
  const original = (text: string) => digestMessage(own.author, text, message.replyTo);
  const edited = (text: string) => digestEdit(message.author, own.id, text);
  const newest = winner === null ? original(message.text) : edited(message.text);
  if (newest !== (winner ?? own).digest) findings.push({ code: 'text-differs', id: message.id });
  // A new epoch's document begins with it.
  const isFirst = edits.length === 0 ? message.firstText === null : original(message.firstText ?? '') === own.digest;
  if (!isFirst || message.editCount !== edits.length)
    findings.push({
      code: 'first-text',
      id: message.id,
      detail: `edits ${edits.length}, edit_count ${message.editCount}`,
    });
  const kept = new Set([message.text, ...records.edits.map(({ text }) => text)]);
  const digests = new Set([...kept].flatMap((text) => [original(text), edited(text)]));
  for (const { id, digest } of [own, ...edits]) if (!digests.has(digest)) findings.push({ code: 'text-lost', id });
  return findings;
}

// Digests do not depend on `sentAt`.
function digestMessage(author: UserId, text: string, replyTo: EntryId | null): string {
  const content = { kind: 'message', id: '' as EntryId, author, sentAt: 0, text } as const;
  return digestContent(encodeEntryContent(replyTo === null ? content : { ...content, replyTo }));
}

function digestEdit(author: UserId, target: EntryId, text: string): string {
  return digestContent(encodeEntryContent({ kind: 'edit', id: '' as EntryId, author, sentAt: 0, target, text }));
}

function checkReactions(records: Records): readonly Finding[] {
  const votes = new Map<string, EntryRecord[]>();
  for (const entry of ofKind(records, 'reaction')) {
    const key = `${entry.author} ${entry.emoji}`;
    const known = votes.get(key);
    // Not copied each time: one member may have toggled one emoji thousands of times.
    if (known === undefined) votes.set(key, [entry]);
    else known.push(entry);
  }
  const rows = new Map(records.reactions.map((row) => [`${row.author} ${row.emoji}`, row]));
  const findings: Finding[] = [];
  for (const [key, entries] of votes) {
    const winner = latest(entries);
    const row = rows.get(key);
    rows.delete(key);
    const isRight =
      winner?.isOn === true
        ? row?.entryId === winner.id && row.shownAt === winner.shownAt
        : winner !== null && row === undefined;
    if (!isRight) findings.push({ code: 'reaction', id: winner?.id ?? null });
  }
  for (const { entryId } of rows.values()) findings.push({ code: 'reaction', id: entryId, detail: 'no such reaction' });
  return findings;
}
