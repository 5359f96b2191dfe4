import type { EntryId } from '@tablo/schema/ids';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { RoomHandle, RoomView } from '../chat/chat.ts';

/** Pages that a jump to a quoted message may load before it gives up. */
const MAX_JUMP_PAGES = 40;

/** Older messages: asked for near the top, one page at a time; after a failure only when the reader asks, or when messages come again. */
export function useHistory(handle: RoomHandle, view: RoomView) {
  const [hasProblem, setHasProblem] = useState(false);
  const isAsking = useRef(false);

  const loadMore = useCallback(async () => {
    if (isAsking.current) return;
    isAsking.current = true;
    try {
      await handle.loadMore();
      setHasProblem(false);
    } catch {
      // Shown beside the oldest message, with a way to try again.
      setHasProblem(true);
    } finally {
      isAsking.current = false;
    }
  }, [handle]);

  const canLoad = view.status === 'ready' && view.hasMore && !view.isLoadingMore && !hasProblem;
  const canLoadRef = useRef(canLoad);
  canLoadRef.current = canLoad;
  const handleNearTop = useCallback(() => {
    if (canLoadRef.current) void loadMore();
  }, [loadMore]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer list means that reading works again.
  useEffect(() => setHasProblem(false), [view.messages.length]);

  const loadUntil = useCallback(
    async (id: EntryId): Promise<boolean> => {
      const isHere = () => handle.view.get().messages.some((message) => message.id === id);
      for (let page = 0; page < MAX_JUMP_PAGES && !isHere() && handle.view.get().hasMore; page += 1) {
        try {
          await handle.loadMore();
        } catch {
          setHasProblem(true);
          break;
        }
      }
      return isHere();
    },
    [handle],
  );

  return { hasProblem, loadMore: () => void loadMore(), loadUntil, handleNearTop };
}
