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
  /** The first message that the server put there when the epoch began: from it on every message of the tablo is there. Null: none, or it is not known. */
  readonly seededFrom: EntryId | null;
  readonly findings: readonly Finding[];
}

/** `updates`: snapshot and log of the live epoch, in order. `serverClient`: under which the server wrote what the epoch began with. */
export function readDocument(updates: readonly Uint8Array[], serverClient: number | null): DocumentView {
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
  const seededFrom = findFirstMessage(doc, serverClient);
  doc.destroy();
  return { entries, arrivals, messages, seededFrom, findings };
}

function findFirstMessage(doc: Y.Doc, client: number | null): EntryId | null {
  for (const struct of client === null ? [] : (doc.store.clients.get(client) ?? [])) {
    const values = struct instanceof Y.Item && struct.content instanceof Y.ContentAny ? struct.content.arr : [];
    for (const value of values) {
      const parsed = parseEntry(value);
      if (parsed.ok && parsed.value.kind === 'message') return parsed.value.id;
    }
  }
  return null;
}
