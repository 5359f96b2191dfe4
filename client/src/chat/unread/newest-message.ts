/** Which message a tablo shows in the list, as entries come. Pure. */
import { arrivalsOf, type Entry } from '@tablo/schema/entry';
import { compareKeys } from '@tablo/schema/shown-at';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { ChannelRecord, LastMessage } from '../store/local-store.ts';

/** The newest of what the server last named and what the room shows, own unsent ones included. */
export function newestOf(listed: LastMessage | null, shown: TimelineMessage | null): LastMessage | null {
  if (shown === null) return listed;
  if (listed !== null && listed.id !== shown.id && shown.delivery.status === 'sent' && compareKeys(listed, shown) > 0)
    return listed;
  return { id: shown.id, author: shown.author, text: shown.text, shownAt: shown.shownAt };
}

/** What entries that have just come change of the newest message, for tablos whose timeline nobody holds. Deletions are the server's to tell. */
export function noteNewest(record: ChannelRecord, entries: readonly Entry[]): ChannelRecord {
  const arrivedAt = arrivalsOf(entries);
  let last = record.lastMessage;
  for (const entry of entries) {
    if (entry.kind === 'message') {
      const { id, author, text, sentAt } = entry;
      const shown = { id, author, text, shownAt: arrivedAt.get(id) ?? sentAt };
      if (last === null || compareKeys(shown, last) > 0) last = shown;
    } else if (entry.kind === 'edit' && last?.id === entry.target && last.author === entry.author) {
      last = { ...last, text: entry.text };
    }
  }
  return last === record.lastMessage ? record : { ...record, lastMessage: last };
}

/** The same, where the last one may be among those that are deleted: the list tells what is the last one now, and until it has, the message that is gone must not be it. */
export function noteShown(
  record: ChannelRecord,
  entries: readonly Entry[],
  findNewest: () => TimelineMessage | null,
): ChannelRecord {
  const noted = noteNewest(record, entries);
  const last = noted.lastMessage?.id;
  if (!entries.some((entry) => entry.kind === 'delete' && entry.target === last)) return noted;
  const lastMessage = newestOf(null, findNewest());
  return lastMessage === null ? noted : { ...noted, lastMessage };
}
