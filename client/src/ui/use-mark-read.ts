import type { EntryId } from '@tablo/schema/ids';
import { useEffect } from 'react';
import type { RoomHandle } from '../chat/chat.ts';

interface MarkReadOptions {
  readonly handle: RoomHandle;
  readonly isReady: boolean;
  readonly isAtBottom: boolean;
  readonly newest: EntryId | undefined;
  readonly unreadCount: number;
}

/** Read means: somebody looks at this window, and the newest message is in view. */
export function useMarkRead({ handle, isReady, isAtBottom, newest, unreadCount }: MarkReadOptions): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: a newer message or a count that comes late asks again.
  useEffect(() => {
    if (!isReady || !isAtBottom || newest === undefined) return;
    const handleLook = () => {
      if (document.visibilityState === 'visible' && document.hasFocus()) handle.markRead();
    };
    handleLook();
    window.addEventListener('focus', handleLook);
    document.addEventListener('visibilitychange', handleLook);
    return () => {
      window.removeEventListener('focus', handleLook);
      document.removeEventListener('visibilitychange', handleLook);
    };
  }, [handle, isReady, isAtBottom, newest, unreadCount]);
}
