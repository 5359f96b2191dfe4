/** The live document against the rows. Pure. `Comparison` gets the messages one by one, and reports at the end what is missing. */
import { encodeEntryContent, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import { compareKeys } from '@tablo/schema/shown-at';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { digestContent } from '../ledger/store/digest.ts';
import type { DocumentView } from './document-view.ts';
import type { Finding } from './drift.ts';
import type { EntryRecord, MessageRecord, Records } from './records.ts';

export class Comparison {
  readonly #view: DocumentView;
  readonly #epoch: number;
  readonly #unmet: Set<EntryId>;

  constructor(view: DocumentView, epoch: number) {
    this.#view = view;
    this.#epoch = epoch;
    this.#unmet = new Set(view.entries.keys());
  }

  compare(records: Records): readonly Finding[] {
    const findings = records.entries.flatMap((record) => this.#compareEntry(record));
    if (this.#isMissing(records)) findings.push({ code: 'seed-missing', id: records.about });
    const shown = this.#view.messages.get(records.about);
    // An entry of an earlier epoch that was sent again stands in this document without its edits: then there is no fold to compare.
    const isWhole = records.entries.every(({ id }) => this.#view.entries.has(id));
    if (shown === undefined || records.message === null || !isWhole) return findings;
    const columns = differences(shown, records.message, records);
    if (columns.length > 0) findings.push({ code: 'fold-differs', id: records.about, detail: columns.join(', ') });
    return findings;
  }

  rest(): readonly Finding[] {
    return [...this.#view.findings, ...[...this.#unmet].map((id) => ({ code: 'document-only', id }) as const)];
  }

  /** [R9] A later epoch's document holds every message from the first one on that it began with. */
  #isMissing({ about, message }: Records): boolean {
    const { seededFrom, messages, entries } = this.#view;
    const first = seededFrom === null ? undefined : messages.get(seededFrom);
    if (first === undefined || message === null || message.deletedAt !== null || entries.has(about)) return false;
    return compareKeys(message, first) > 0;
  }

  #compareEntry(record: EntryRecord): Finding[] {
    const { id } = record;
    const copies = this.#view.entries.get(id);
    if (copies === undefined) {
      // The first epoch's document has every entry there ever was.
      const mustBeThere = this.#epoch === 1 || record.epoch === this.#epoch;
      return mustBeThere ? [{ code: 'rows-only', id }] : [];
    }
    this.#unmet.delete(id);
    const findings: Finding[] = [];
    if (copies.some((copy) => !isSame(copy, record))) findings.push({ code: 'entry-differs', id });
    const shownAt = this.#view.arrivals.get(id) ?? copies[0]?.sentAt;
    if (shownAt !== record.shownAt)
      findings.push({ code: 'document-shown-at', id, detail: `document ${shownAt}, shown_at ${record.shownAt}` });
    return findings;
  }
}

function isSame(entry: MemberEntry, record: EntryRecord): boolean {
  const target = entry.kind === 'message' ? null : entry.target;
  const [emoji, isOn] = entry.kind === 'reaction' ? [entry.emoji, entry.on] : [null, null];
  return (
    entry.kind === record.kind &&
    entry.author === record.author &&
    entry.sentAt === record.sentAt &&
    target === record.target &&
    emoji === record.emoji &&
    isOn === record.isOn &&
    digestContent(encodeEntryContent(entry)) === record.digest
  );
}

function differences(shown: TimelineMessage, row: MessageRecord, { reactions }: Records): readonly string[] {
  const isDeleted = row.deletedAt !== null;
  const shownReactions = shown.reactions.flatMap(({ emoji, users }) => users.map((user) => `${user} ${emoji}`)).sort();
  const rowReactions = reactions.map(({ author, emoji }) => `${author} ${emoji}`).sort();
  const pairs: Readonly<Record<string, readonly [unknown, unknown]>> = {
    author: [shown.author, row.author],
    text: [shown.text, row.text],
    sent_at: [shown.sentAt, row.sentAt],
    created_at: [shown.shownAt, row.shownAt],
    reply_to: [shown.replyTo, row.replyTo],
    deleted_at: [shown.isDeleted, isDeleted],
    // Without an edit's entry it is the time that a server before ours has left.
    updated_at: [shown.editedAt, isDeleted || row.editId === null ? null : row.editedAt],
    reactions: [shownReactions.join(), rowReactions.join()],
  };
  return Object.entries(pairs).flatMap(([name, [left, right]]) => (left === right ? [] : [name]));
}
