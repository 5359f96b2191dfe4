/** The texts about the times of a message. */
import { ON_TIME_MS } from '@tablo/schema/limits';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { fullLabel } from './date-labels.ts';

/** Written long before the server received it, which is when it is shown [R5]. */
export const isLate = ({ delivery, isDeleted, sentAt, shownAt }: TimelineMessage): boolean =>
  delivery.status === 'sent' && !isDeleted && shownAt - sentAt > ON_TIME_MS;

/** With their days, for a title, and for who does not see titles. */
export function datesSentence(message: TimelineMessage): string {
  const { sentAt, shownAt, editedAt } = message;
  const sent = isLate(message) ? `Written ${fullLabel(sentAt)}, delivered ${fullLabel(shownAt)}` : fullLabel(shownAt);
  return editedAt === null ? sent : `${sent}, ${editedSentence(editedAt)}`;
}

export const editedSentence = (editedAt: number): string => `edited ${fullLabel(editedAt)}`;
