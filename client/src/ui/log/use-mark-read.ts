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

/** Read means: somebody looks at this window, and the newest message is in view, and so was the first new one. */
export function useMarkRead(options: MarkReadOptions): void {
  const { handle, isReady, isAtBottom, isHeld, newest, unreadCount } = options;
  const isHere = useIsLooking();
  const isAtEnd = (isAtBottom || newest === undefined) && !isHeld;
  const isAtEndRef = useRef(isAtEnd);
  isAtEndRef.current = isAtEnd;

  useEffect(() => {
    // Asked when a message comes: no event tells of every way in which a window loses its reader.
    handle.watch(() => isAtEndRef.current && isLooking());
    return () => handle.watch(null);
  }, [handle]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a newer message or a count that comes late asks again.
  useEffect(() => {
    if (isReady && isHere && isAtEnd && newest !== undefined) handle.markRead();
  }, [handle, isReady, isHere, isAtEnd, newest, unreadCount]);
}
