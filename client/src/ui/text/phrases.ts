/** The page's small sentences that depend on data. */
import { countCodePoints, isVisible } from '@tablo/schema/names/text';
import type { UnsyncedCounts } from '../../chat/chat.ts';

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[#*0-9]\uFE0F?\u20E3)/u;
const MAX_BIG_EMOJI = 3;

export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = (words.length > 1 ? [words[0], words.at(-1)] : [words[0]]).map((word) => firstLetter(word ?? ''));
  return letters.join('').toUpperCase() || '?';
}

function firstLetter(word: string): string {
  for (const { segment } of segmenter.segment(word)) if (/[\p{L}\p{N}]/u.test(segment)) return segment;
  return '';
}

/** The same id has the same colour everywhere; how many there are is `avatars.css`'s business. */
export const AVATAR_COLOURS = 10;
export function avatarColour(id: string): number {
  let hash = 0;
  for (const unit of id) hash = (Math.imul(hash, 31) + (unit.codePointAt(0) ?? 0)) | 0;
  return Math.abs(hash) % AVATAR_COLOURS;
}

export const badgeLabel = (count: number): string => (count > 99 ? '99+' : String(count));
export const unreadSentence = (count: number): string => `${count} unread ${count === 1 ? 'message' : 'messages'}`;

/** `since`: when the first of them was written, where that is known. */
export const newSentence = (count: number, since: string | null): string =>
  since === null
    ? `${count.toLocaleString('en')} new ${count === 1 ? 'message' : 'messages'}`
    : `${count.toLocaleString('en')} new since ${since}`;

/** Own messages and changes that the server did not take, in a tablo that one does not look at. */
export const undeliveredSentence = (count: number, tabloName: string): string =>
  `${count} ${count === 1 ? 'message was' : 'messages were'} not delivered in \u2068${tabloName}\u2069.`;

/** Own messages and changes that are on this device only, while the server is away. */
export const waitingSentence = (count: number): string =>
  count === 1 ? '1 message or change is waiting.' : `${count.toLocaleString('en')} messages or changes are waiting.`;

export function pageTitle(unread: number, tabloName: string | null): string {
  const place = tabloName === null ? 'Tablo Chat' : `${tabloName} · Tablo Chat`;
  return unread > 0 ? `(${badgeLabel(unread)}) ${place}` : place;
}

/** One to three emoji and nothing else: shown large. */
export function isBigEmoji(text: string): boolean {
  const graphemes: string[] = [];
  for (const { segment } of segmenter.segment(text.trim())) {
    if (segment.trim() === '') continue;
    graphemes.push(segment);
    if (graphemes.length > MAX_BIG_EMOJI) return false;
  }
  return graphemes.length > 0 && graphemes.every((grapheme) => EMOJI.test(grapheme));
}

/** `others` without the reader, who is named first by a word of the page. */
export function whoReacted(others: readonly string[], isMine: boolean, emoji: string): string {
  const names = isMine ? ['You', ...others] : others;
  const shown = names.length > 8 ? [...names.slice(0, 7), `${names.length - 7} others`] : names;
  const last = shown.at(-1) ?? '';
  const who = shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${last}` : last;
  return `${who} reacted with ${emoji}`;
}

/** What signing out would delete. */
export function unsyncedSentence({ entries, drafts }: UnsyncedCounts): string {
  const draft = drafts === 1 ? 'One draft is' : `${drafts} drafts are`;
  if (entries === 0) return `${draft} on this device only.`;
  const entry = entries === 1 ? 'One message or change is' : `${entries} messages or changes are`;
  return drafts === 0
    ? `${entry} not delivered yet.`
    : `${entry} not delivered yet, and ${lowerFirst(draft)} on this device only.`;
}

const lowerFirst = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);

/** What is wrong with a text that is too long, or null. */
export function lengthProblem(text: string, limit: number): string | null {
  const excess = countCodePoints(text.trim()) - limit;
  if (excess <= 0) return null;
  const characters = excess === 1 ? 'character' : 'characters';
  return `That is ${excess.toLocaleString('en')} ${characters} too long. A message holds ${limit.toLocaleString('en')}.`;
}

export const membersSentence = (count: number): string =>
  count === 1 ? '1 member' : `${count.toLocaleString('en')} members`;

/** How often a link was used, of how often it may be. */
export function usesSentence(uses: number, most: number | null): string {
  if (most !== null) return `Used ${uses.toLocaleString('en')} of ${most.toLocaleString('en')} times`;
  return uses === 0 ? 'Not used yet' : uses === 1 ? 'Used once' : `Used ${uses.toLocaleString('en')} times`;
}

/** The problem of a text without any visible character, or null. An empty text needs no sentence. */
export function unseenProblem(text: string): string | null {
  if (text.trim() === '' || isVisible(text)) return null;
  return 'There is nothing in it that others could see: only spaces, marks or invisible characters.';
}
