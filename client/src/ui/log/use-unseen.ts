import type { EntryId, UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { useEffect, useState } from 'react';

interface UnseenOptions {
  readonly messages: readonly TimelineMessage[];
  readonly unreadCount: number;
  readonly userId: UserId;
  readonly isAtBottom: boolean;
}

/** How many messages of others stand below what the reader has seen, for the button that jumps there. For a reader who has not been at the end yet, all unread ones count. */
export function useUnseen({ messages, unreadCount, userId, isAtBottom }: UnseenOptions): number {
  const [seenId, setSeenId] = useState<EntryId | null>(null);
  const newestId = messages.at(-1)?.id ?? null;

  useEffect(() => {
    if (isAtBottom) setSeenId(newestId);
  }, [isAtBottom, newestId]);

  if (isAtBottom) return 0;
  const seen = messages.findIndex((message) => message.id === seenId);
  if (seen < 0) return unreadCount;
  return messages.slice(seen + 1).filter((message) => message.author !== userId && !message.isDeleted).length;
}
