/** Stream's reactions are words of the application's choosing; here they are emoji. */
import { checkNewEntry, parseEntry } from '@tablo/schema/entry';

/** The words of Stream's own components and examples. An operator's file adds to them, and wins. */
export const REACTION_EMOJI: Readonly<Record<string, string>> = {
  like: '👍',
  thumbsup: '👍',
  thumbs_up: '👍',
  '+1': '👍',
  dislike: '👎',
  thumbsdown: '👎',
  thumbs_down: '👎',
  '-1': '👎',
  love: '❤️',
  heart: '❤️',
  haha: '😂',
  lol: '😂',
  laugh: '😂',
  joy: '😂',
  wow: '😮',
  surprised: '😮',
  wut: '😕',
  sad: '😢',
  cry: '😢',
  angry: '😠',
  mad: '😠',
  fire: '🔥',
  clap: '👏',
  celebrate: '🎉',
  tada: '🎉',
  party: '🎉',
  rocket: '🚀',
  eyes: '👀',
  ok: '👌',
  pray: '🙏',
  thanks: '🙏',
  smile: '😄',
  check: '✅',
  done: '✅',
  star: '⭐',
};

const NOBODY = '00000000-0000-4000-8000-000000000000';

export function isEmoji(text: string): boolean {
  const entry = { kind: 'reaction', id: NOBODY, author: NOBODY, sentAt: 0, target: NOBODY, emoji: text, on: true };
  const parsed = parseEntry(entry);
  return parsed.ok && parsed.value.kind === 'reaction' && checkNewEntry(parsed.value) === null;
}

/** A name that has an emoji in it and no letter is one already. */
const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u;

export function emojiOf(type: string, more: ReadonlyMap<string, string>): string | null {
  const known = more.get(type) ?? (Object.hasOwn(REACTION_EMOJI, type) ? REACTION_EMOJI[type] : undefined);
  if (known !== undefined) return known;
  return PICTURE.test(type) && !/\p{L}/u.test(type) && isEmoji(type) ? type : null;
}
