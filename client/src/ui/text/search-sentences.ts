/** What a search says of itself: never more than was searched. */
import type { SearchAnswer, SearchReach } from '../../chat/chat.ts';
import { sinceDayLabel } from './date-labels.ts';

const counted = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'message' : 'messages'}`;

/** How far back this device knows the tablo. */
export function reachSentence({ count, since, isNewest }: SearchReach, now: number): string {
  if (since === null) return 'No messages are on this device.';
  const newest = isNewest ? (count === 1 ? 'The newest message' : `The newest ${counted(count)}`) : counted(count);
  return `${newest}, since ${sinceDayLabel(since, now)}, ${count === 1 ? 'is' : 'are'} on this device.`;
}

export function answerSentence({ messages, reach }: SearchAnswer, now: number): string {
  if (reach.isWhole)
    return messages.length === 0 ? 'Nothing found in this tablo.' : `${counted(messages.length)} found.`;
  const found = messages.length === 0 ? 'No match so far.' : `${counted(messages.length)} found so far.`;
  return `${found} ${reachSentence(reach, now)}`;
}

/** While older messages are read. */
export const progressSentence = ({ count, since }: { count: number; since: number }, now: number): string =>
  count === 0
    ? 'Reading older messages…'
    : `Reading older messages: ${counted(count)}, back to ${sinceDayLabel(since, now)}…`;
