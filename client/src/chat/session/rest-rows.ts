/** From what REST tells to what the timeline and the drafts are made of. */
import type { DraftText } from '@tablo/schema/draft';
import type { EntryId, UserId } from '@tablo/schema/ids';
import type { RestDraft } from '@tablo/schema/rest/draft';
import type { RestMessage } from '@tablo/schema/rest/message';
import type { TimelineRow } from '@tablo/schema/timeline';

export const draftTextOf = ({ text, updated_at }: RestDraft): DraftText => ({ text, at: Date.parse(updated_at) });

export function timelineRowOf(row: RestMessage): TimelineRow {
  return {
    id: row.id as EntryId,
    author: row.user_id as UserId,
    text: row.text,
    sentAt: Date.parse(row.sent_at),
    shownAt: Date.parse(row.created_at),
    replyTo: row.reply_to as EntryId | null,
    edit:
      row.edit_id !== null && row.updated_at !== null ? { id: row.edit_id, shownAt: Date.parse(row.updated_at) } : null,
    isDeleted: row.deleted_at != null,
    reactions: [
      ...row.reactions.map(voteOf),
      ...(row.withdrawn_reactions ?? []).map((reaction) => ({ ...voteOf(reaction), isWithdrawn: true as const })),
    ],
  };
}

function voteOf(reaction: RestMessage['reactions'][number]) {
  return {
    id: reaction.entry_id as EntryId,
    author: reaction.user_id as UserId,
    emoji: reaction.emoji,
    shownAt: Date.parse(reaction.created_at),
  };
}
