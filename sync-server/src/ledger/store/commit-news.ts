/** What the connections of a document hear of a commit: the shape of the stateless message `committed`. */
import type { EntryId } from '@tablo/schema/ids';

export interface CommitNews {
  /** `seq` of the first message; the others follow without gaps. 0 when there is none. */
  readonly seq: number;
  readonly messages: readonly EntryId[];
  readonly others: readonly EntryId[];
}

/** Numbered messages in any order, as one piece of news for each stretch without gaps. */
export function newsOf(numbered: ReadonlyMap<EntryId, number>): readonly CommitNews[] {
  const news: { seq: number; messages: EntryId[]; others: [] }[] = [];
  for (const [id, seq] of [...numbered].sort(([, left], [, right]) => left - right)) {
    const last = news.at(-1);
    if (last !== undefined && last.seq + last.messages.length === seq) last.messages.push(id);
    else news.push({ seq, messages: [id], others: [] });
  }
  return news;
}
