/** A stored document opened by Yjs and folded by the timeline that browsers use. */
import { ENTRIES_ROOT, type MemberEntry, parseEntry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import { Timeline, type TimelineMessage } from '@tablo/schema/timeline';
import * as Y from 'yjs';
import type { Finding } from './drift.ts';

export interface DocumentView {
  /** By id; more than one where it was sent again after a lost answer. */
  readonly entries: ReadonlyMap<EntryId, readonly MemberEntry[]>;
  /** Where the server says that a late entry is shown. */
  readonly arrivals: ReadonlyMap<EntryId, number>;
  readonly messages: ReadonlyMap<EntryId, TimelineMessage>;
  readonly findings: readonly Finding[];
}

/** `updates`: snapshot and log of the live epoch, in order. */
export function readDocument(updates: readonly Uint8Array[]): DocumentView {
  const doc = new Y.Doc();
  const findings: Finding[] = [];
  for (const [nth, update] of updates.entries()) {
    try {
      Y.applyUpdate(doc, update);
    } catch {
      // Yjs says where in its own code it gave up, which tells an operator nothing.
      findings.push({ code: 'document-damaged', id: null, detail: `part ${nth + 1} of ${updates.length}` });
    }
  }
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null)
    findings.push({ code: 'document-damaged', id: null, detail: 'parts wait for others that are missing' });
  const timeline = new Timeline();
  const entries = new Map<EntryId, MemberEntry[]>();
  const arrivals = new Map<EntryId, number>();
  for (const [nth, element] of doc.getArray(ENTRIES_ROOT).toArray().entries()) {
    const parsed = parseEntry(element);
    if (!parsed.ok) {
      findings.push({ code: 'document-unknown-element', id: null, detail: `element ${nth}` });
      continue;
    }
    const entry = parsed.value;
    timeline.add(entry);
    if (entry.kind === 'arrival') {
      for (const id of entry.of) arrivals.set(id, Math.max(entry.at, arrivals.get(id) ?? 0));
    } else entries.set(entry.id, [...(entries.get(entry.id) ?? []), entry]);
  }
  const messages = new Map(timeline.messages().map((message) => [message.id, message]));
  doc.destroy();
  return { entries, arrivals, messages, findings };
}
