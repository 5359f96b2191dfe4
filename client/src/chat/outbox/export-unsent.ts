/**
 * [R8] Everything that the user has written and that was not delivered, as a document for people: entries that wait or were refused, and drafts, with nothing left
 * out. Plain text, since it must be readable where this app is not. Texts stand as they were typed, each under a line that begins with `---`.
 */
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Person } from '../chat.ts';
import { isChangedEdit } from '../draft-aim.ts';
import type { DraftRecord, OutboxRecord } from '../store/local-store.ts';

export interface UnsentTablo {
  readonly id: TabloId;
  /** `null`: not known on this device any more. */
  readonly name: string | null;
  /** In the order of writing. */
  readonly records: readonly OutboxRecord[];
  readonly draft: DraftRecord | null;
}

export interface ExportSource {
  readonly author: Person & { readonly email: string | null };
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly tablos: readonly UnsentTablo[];
  nameOf(tablo: TabloId, user: UserId): string;
  /** What an edit, an answer or a reaction speaks of, where this device has it. */
  message(tablo: TabloId, id: EntryId): Quoted | null;
}

interface Quoted {
  readonly author: UserId;
  readonly text: string;
}

const EXCERPT_UNITS = 80;
const RULE = '='.repeat(72);

export const isUndelivered = ({ delivery }: OutboxRecord): boolean => delivery.status !== 'withdrawn';
export const isWritten = ({ text, aim }: DraftRecord): boolean =>
  text.trim() !== '' || isChangedEdit(aim?.edit ?? null);
/** Of what was typed there, something is on this device alone: an edit under way always is. */
export const isUnsynced = (draft: DraftRecord): boolean =>
  (draft.text.trim() !== '' && !draft.isReported) || isChangedEdit(draft.aim?.edit ?? null);

export function exportUnsent(source: ExportSource): string {
  const { author, at, tablos } = source;
  const parts = tablos.flatMap((tablo) => {
    const records = tablo.records.filter(isUndelivered).map((record) => describeRecord(source, tablo.id, record));
    const drafts = tablo.draft === null ? [] : describeDraft(source, tablo.id, tablo.draft);
    if (records.length + drafts.length === 0) return [];
    const name = tablo.name ?? `A tablo whose name is not known here (${tablo.id})`;
    return [`${RULE}\n${name}\n${RULE}`, ...records, ...drafts];
  });
  const title = `Unsent messages of ${author.name}${author.email === null ? '' : ` (${author.email})`}`;
  const intro = `${title}\nSaved from Tablo Chat on ${timeOf(at)}`;
  return `${[intro, ...(parts.length === 0 ? ['There were none.'] : parts)].join('\n\n')}\n`;
}

function describeRecord(source: ExportSource, tablo: TabloId, { entry, delivery }: OutboxRecord): string {
  const state = delivery.status === 'refused' ? `Not delivered: ${delivery.refusal.message}` : 'Waiting to be sent';
  const head = `--- ${titleOf(source, tablo, entry)}\n    Written ${timeOf(entry.sentAt)}. ${sentence(state)}`;
  return 'text' in entry ? `${head}\n\n${entry.text}` : head;
}

function describeDraft(source: ExportSource, tablo: TabloId, { text, at, isReported, aim }: DraftRecord): string[] {
  const where = isReported ? 'Also on your other devices.' : 'On this device only.';
  const title = aim?.replyTo ? `Draft of an answer to ${quoteOf(source, tablo, aim.replyTo.id, aim.replyTo)}` : 'Draft';
  const draft = `--- ${title}, not sent\n    ${at === 0 ? '' : `Typed ${timeOf(at)}. `}${where}\n\n${text}`;
  const edit = aim?.edit ?? null;
  return [
    ...(text.trim() === '' ? [] : [draft]),
    ...(isChangedEdit(edit)
      ? [
          `--- New text for ${quoteOf(source, tablo, edit.target.id, edit.target)}, not sent\n    On this device only.\n\n${edit.text}`,
        ]
      : []),
  ];
}

function titleOf(source: ExportSource, tablo: TabloId, entry: MemberEntry): string {
  const quote = (id: EntryId): string => quoteOf(source, tablo, id);
  switch (entry.kind) {
    case 'message':
      return entry.replyTo === undefined ? 'Message' : `Message, in answer to ${quote(entry.replyTo)}`;
    case 'edit':
      return `New text for ${quote(entry.target)}`;
    case 'delete':
      return `Deletion of ${quote(entry.target)}`;
    case 'reaction':
      return `Reaction ${entry.emoji}${entry.on ? '' : ', taken back,'} to ${quote(entry.target)}`;
  }
}

/** `then`: as it was when it was picked, for one that is not in memory now. */
function quoteOf({ author, nameOf, message }: ExportSource, tablo: TabloId, id: EntryId, then?: Quoted): string {
  const found = message(tablo, id) ?? then ?? null;
  if (found === null) return `a message that is not on this device (${id})`;
  const line = found.text.replaceAll(/\s+/gu, ' ').trim();
  const short = line.length > EXCERPT_UNITS ? `${line.slice(0, EXCERPT_UNITS).toWellFormed()}…` : line;
  return `${found.author === author.id ? 'your message' : `${nameOf(tablo, found.author)}’s message`} “${short}”`;
}

const sentence = (words: string): string => (/[.!?]$/u.test(words) ? words : `${words}.`);

/** `2026-11-25 16:02:03 (UTC+01:00)`: by the device's clock and zone, the same in every language. */
function timeOf(ms: number): string {
  const zone = -new Date(ms).getTimezoneOffset();
  if (Number.isNaN(zone)) return 'at an unknown time';
  const [day, time = ''] = new Date(ms + zone * 60_000).toISOString().split('T');
  const pad = (value: number): string => String(Math.trunc(value)).padStart(2, '0');
  const offset = zone === 0 ? '' : `${zone < 0 ? '-' : '+'}${pad(Math.abs(zone) / 60)}:${pad(Math.abs(zone) % 60)}`;
  return `${day} ${time.slice(0, 8)} (UTC${offset})`;
}
