import type { EntryId } from '@tablo/schema/ids';
import { useEffect, useRef } from 'react';
import type { RoomHandle } from '../../chat/chat.ts';
import { isLooking, useIsLooking } from './use-is-looking.ts';

interface MarkReadOptions {
  readonly handle: RoomHandle;
  readonly isReady: boolean;
  readonly isAtBottom: boolean;
  /** The reader has not seen where the new messages begin: standing at the end is not reading them. */
  readonly isHeld: boolean;
  readonly newest: EntryId | undefined;
  readonly unreadCount: number;
}

/** A tablo is read when somebody looks at this window, the newest message is in view, and the first new one was in view. */
export function useMarkRead(options: MarkReadOptions): void {
  const { handle, isReady, isAtBottom, isHeld, newest, unreadCount } = options;
  const isHere = useIsLooking();
  const isAtEnd = (isAtBottom || newest === undefined) && !isHeld;
  const isAtEndRef = useRef(isAtEnd);
  isAtEndRef.current = isAtEnd;

  useEffect(() => {
    // Checked when a message arrives: there is no event for every way in which a window loses its reader.
    handle.watch(() => isAtEndRef.current && isLooking());
    return () => handle.watch(null);
  }, [handle]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a newer message or a count that comes late asks again.
  useEffect(() => {
    if (isReady && isHere && isAtEnd && newest !== undefined) handle.markRead();
  }, [handle, isReady, isHere, isAtEnd, newest, unreadCount]);
}
