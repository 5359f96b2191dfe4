import type { TimelineMessage } from '@tablo/schema/timeline';
import type { RoomHandle, SearchableRoom } from '../chat/chat.ts';

const isSearchable = (handle: RoomHandle): handle is SearchableRoom => 'search' in handle;

/** [R7] Over what this device holds; newest first. A room that cannot search is searched over what is on the screen. */
export async function searchInRoom(handle: RoomHandle, query: string): Promise<readonly TimelineMessage[]> {
  if (isSearchable(handle)) return handle.search(query);
  const words = query.toLowerCase().split(/\s+/u).filter(Boolean);
  const { messages } = handle.view.get();
  return messages
    .filter(({ text, isDeleted }) => !isDeleted && words.every((word) => text.toLowerCase().includes(word)))
    .toReversed();
}

const BEFORE = 40;
const LENGTH = 220;

export interface Snippet {
  readonly before: string;
  readonly match: string;
  readonly after: string;
}

/** One line around the first word that is found. Where folding changed the length, the line is shown without a mark. */
export function snippetOf(text: string, query: string): Snippet {
  const line = text.replace(/\s+/gu, ' ');
  const word = query.trim().toLowerCase().split(/\s+/u)[0] ?? '';
  const at = word === '' ? -1 : line.toLowerCase().indexOf(word);
  if (at < 0) return { before: line.slice(0, LENGTH), match: '', after: '' };
  const start = Math.max(0, at - BEFORE);
  return {
    before: `${start > 0 ? '…' : ''}${line.slice(start, at)}`,
    match: line.slice(at, at + word.length),
    after: line.slice(at + word.length, at + LENGTH),
  };
}
