/**
 * Turns what the timeline shows into rows, for the moment a document goes away (epoch change): they bridge the time until REST gives the real ones.
 * The ids of winning edits and reactions are not known here; made-up ones that sort below all real ids lose against every later entry, as they should.
 */
import type { EntryId } from '@tablo/schema/ids';
import type { TimelineMessage, TimelineRow } from '@tablo/schema/timeline';

export function foldedRowOf(message: TimelineMessage): TimelineRow {
  return {
    id: message.id,
    author: message.author,
    text: message.text,
    sentAt: message.sentAt,
    shownAt: message.shownAt,
    replyTo: message.replyTo,
    edit: message.editedAt === null ? null : { id: '', shownAt: message.editedAt },
    isDeleted: message.isDeleted,
    reactions: message.reactions.flatMap(({ emoji, users }) =>
      users.map((author, index) => ({
        id: `!${String(index).padStart(6, '0')}` as EntryId,
        author,
        emoji,
        shownAt: message.shownAt,
      })),
    ),
  };
}
