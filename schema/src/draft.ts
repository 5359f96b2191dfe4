/**
 * A member's unfinished text in one tablo, the same on all of their devices: the one definition of which of two drafts stands, for clients and for the
 * server's SQL. An empty text is a draft like any other, so that an older one cannot come back.
 */
import { MAX_TEXT_CODE_POINTS, MAX_TEXT_UNITS } from './limits.ts';
import { countCodePoints, isStorableText } from './names/text.ts';

export interface DraftText {
  readonly text: string;
  /** ms since the Unix epoch, by the clock of the device that it was typed on; never before what that device had seen (`CausalClock`). */
  readonly at: number;
}

/** Before anything was typed. */
export const NO_DRAFT: DraftText = { text: '', at: 0 };

/** The later one stands; of two of the same millisecond, the greater text in order of code points, so that an empty one never does. */
export function isLaterDraft(left: DraftText, right: DraftText): boolean {
  return left.at === right.at ? compareCodePoints(left.text, right.text) > 0 : left.at > right.at;
}

export function mergeDrafts(left: DraftText, right: DraftText): DraftText {
  return isLaterDraft(right, left) ? right : left;
}

/** `isLaterDraft` in SQL, over two rows with `updated_at` and `text`. Both parameters are names written by us, never input. UTF-8 sorts bytes as code points. */
export function laterDraftSql(left: string, right: string): string {
  return `(${left}.updated_at, ${left}.text COLLATE "C") > (${right}.updated_at, ${right}.text COLLATE "C")`;
}

/** Bounded like a message: what is longer stays on the device that it is typed on until it has become shorter. */
export function isDraftText(text: string): boolean {
  return text.length <= MAX_TEXT_UNITS && isStorableText(text) && countCodePoints(text.trim()) <= MAX_TEXT_CODE_POINTS;
}

/** JavaScript's own order is that of UTF-16 units, in which an emoji stands before U+E000. */
function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    if (left[index] !== right[index]) return (left.codePointAt(index) ?? 0) - (right.codePointAt(index) ?? 0);
  }
  return left.length - right.length;
}
