import type { EntryId, UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { useEffect, useState } from 'react';

interface UnseenOptions {
  readonly messages: readonly TimelineMessage[];
  readonly firstUnreadId: EntryId | null;
  readonly userId: UserId;
  readonly isAtBottom: boolean;
}

/** How many messages of others stand below what the reader has seen, for the button that jumps there. */
export function useUnseen({ messages, firstUnreadId, userId, isAtBottom }: UnseenOptions): number {
  const [seenId, setSeenId] = useState<EntryId | null>(null);
  const newestId = messages.at(-1)?.id ?? null;

  useEffect(() => {
    if (isAtBottom) setSeenId(newestId);
  }, [isAtBottom, newestId]);

  if (isAtBottom) return 0;
  const seen = messages.findIndex((message) => message.id === seenId);
  const start = seen >= 0 ? seen + 1 : messages.findIndex((message) => message.id === firstUnreadId);
  if (start < 0) return 0;
  return messages.slice(start).filter((message) => message.author !== userId && !message.isDeleted).length;
}
