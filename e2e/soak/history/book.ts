/** What people did and saw, kept outside of everything that is tested: who wrote what, what was acknowledged, what was on somebody's screen. */
import { type Entry, encodeEntryContent, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';

export interface Written {
  readonly entry: MemberEntry;
  readonly tabloId: string;
  /** Which device wrote it; a device's entries arrive in the order in which they were written. */
  readonly device: number;
}

export class Book {
  readonly written = new Map<EntryId, Written>();
  readonly acknowledged = new Set<EntryId>();
  /** Entries that reached somebody else's document, and the newest epoch in which they did. */
  readonly seen = new Map<EntryId, { readonly content: string; readonly epoch: number }>();
  /** Ids that were seen with two contents. */
  readonly changed = new Set<EntryId>();
  readonly refusals: Record<string, number> = {};
  /** Messages that were durable already when they came again: their acknowledgement had been lost. */
  repeated = 0;

  see(entry: Entry, epoch: number): void {
    if (entry.kind === 'arrival') return;
    const content = encodeEntryContent(entry);
    const known = this.seen.get(entry.id);
    if (known !== undefined && known.content !== content) this.changed.add(entry.id);
    this.seen.set(entry.id, { content, epoch: Math.max(epoch, known?.epoch ?? 0) });
  }

  acknowledge(ids: Iterable<EntryId>): void {
    for (const id of ids) this.acknowledged.add(id);
  }

  refuse(code: string): void {
    this.refusals[code] = (this.refusals[code] ?? 0) + 1;
  }
}
