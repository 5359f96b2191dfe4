/** The judgement: what people did and saw against what is on record. Pure, so that tests can hand it a falsified history and see it object. */
import { type Entry, encodeEntryContent } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import { Timeline } from '@tablo/schema/timeline';
import { digestContent } from '@tablo/sync-server/ledger/store/digest';
import type { Book } from './book.ts';
import type { TabloOnRecord } from './record.ts';

export const FAULTS = {
  lost: 'Acknowledged, and on record nowhere.',
  'lost-from-document': 'Was in the live document, and is not any more.',
  'not-durable': 'Somebody saw it, and it is not in SQL [R1].',
  doubled: 'There twice.',
  unknown: 'On record, and nobody wrote it.',
  changed: 'Not what was written.',
  misplaced: 'In another tablo than it was written in.',
  'seq-gap': 'The numbers do not run from 1 to last_seq.',
  misordered: "A device's messages are not in the order in which they were written.",
} as const;

export interface Fault {
  readonly fault: keyof typeof FAULTS;
  readonly id: string;
}

export function checkHistory(book: Book, tablos: readonly TabloOnRecord[]): readonly Fault[] {
  const faults: Fault[] = [];
  const report = (fault: Fault['fault'], id: string): void => void faults.push({ fault, id });
  const placeOf = new Map<EntryId, TabloOnRecord>();
  for (const tablo of tablos) {
    for (const { id, digest } of tablo.entries) {
      const written = book.written.get(id);
      if (written === undefined) report('unknown', id);
      else if (digestContent(encodeEntryContent(written.entry)) !== digest) report('changed', id);
      if (written !== undefined && written.tabloId !== tablo.id) report('misplaced', id);
      placeOf.set(id, tablo);
    }
    checkMessages(tablo, book, report);
    checkDocument(tablo, book, report);
  }
  for (const id of book.acknowledged) if (!placeOf.has(id)) report('lost', id);
  for (const [id, { epoch }] of book.seen) {
    const tablo = placeOf.get(id);
    if (tablo === undefined) report('not-durable', id);
    else if (tablo.epoch === epoch && !tablo.document.some((entry) => entry.id === id))
      report('lost-from-document', id);
  }
  for (const id of book.changed) report('changed', id);
  return faults;
}

type Report = (fault: Fault['fault'], id: string) => void;

function checkMessages({ id, entries, messages, lastSeq }: TabloOnRecord, book: Book, report: Report): void {
  const rows = new Set<string>(messages.map((message) => message.id));
  for (const entry of entries) if (entry.kind === 'message' && !rows.has(entry.id)) report('lost', entry.id);
  const texts = new Set<string>();
  const positions = new Map([...book.written.keys()].map((entryId, nth) => [entryId, nth]));
  const newest = new Map<number, number>();
  for (const [nth, message] of messages.entries()) {
    if (message.seq !== nth + 1) report('seq-gap', message.id);
    if (message.text !== '' && texts.has(message.text)) report('doubled', message.id); // Every text is written once.
    texts.add(message.text);
    const written = book.written.get(message.id);
    if (written === undefined) {
      report('unknown', message.id);
      continue;
    }
    const position = positions.get(message.id) ?? 0;
    if (position < (newest.get(written.device) ?? -1)) report('misordered', message.id);
    newest.set(written.device, position);
  }
  if (lastSeq !== messages.length) report('seq-gap', id);
}

function checkDocument({ document }: TabloOnRecord, book: Book, report: Report): void {
  const timeline = new Timeline();
  for (const entry of document) {
    timeline.add(entry);
    if (entry.kind === 'arrival') continue;
    const written = book.written.get(entry.id);
    if (written === undefined) report('unknown', entry.id);
    else if (!isSame(written.entry, entry)) report('changed', entry.id);
  }
  const texts = new Set<string>();
  for (const { id, text } of timeline.messages()) {
    if (text !== '' && texts.has(text)) report('doubled', id);
    texts.add(text);
  }
}

const isSame = (left: Entry, right: Entry): boolean =>
  left.kind !== 'arrival' &&
  right.kind !== 'arrival' &&
  left.sentAt === right.sentAt &&
  encodeEntryContent(left) === encodeEntryContent(right);
