/** The people who are shown by name: authors of messages and of reactions. Edits and deletions stand under the message's author. */
import type { Entry } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import type { TimelineRow } from '@tablo/schema/timeline';

export function authorsOf(entries: Iterable<Entry>): ReadonlySet<UserId> {
  const authors = new Set<UserId>();
  for (const entry of entries) if (entry.kind === 'message' || entry.kind === 'reaction') authors.add(entry.author);
  return authors;
}

export function authorsOfRows(rows: Iterable<TimelineRow>): ReadonlySet<UserId> {
  const authors = new Set<UserId>();
  for (const { author, reactions } of rows) {
    authors.add(author);
    for (const reaction of reactions) authors.add(reaction.author);
  }
  return authors;
}
