import { useCallback, useEffect, useRef, useState } from 'react';
import type { RoomHandle, RoomView } from '../../chat/chat.ts';

/** One direction: one page at a time; after a failure only when the reader asks, or when messages come again. */
function usePages(load: () => Promise<void>, canLoad: boolean, length: number) {
  const [hasProblem, setHasProblem] = useState(false);
  const isAsking = useRef(false);

  const loadNext = useCallback(async () => {
    if (isAsking.current) return;
    isAsking.current = true;
    try {
      await load();
      setHasProblem(false);
    } catch {
      // Shown beside the message where the pages end, with a way to try again.
      setHasProblem(true);
    } finally {
      isAsking.current = false;
    }
  }, [load]);

  const canLoadRef = useRef(canLoad);
  canLoadRef.current = canLoad && !hasProblem;
  const handleNear = useCallback(() => {
    if (canLoadRef.current) void loadNext();
  }, [loadNext]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer list means that reading works again.
  useEffect(() => setHasProblem(false), [length]);

  return { hasProblem, load: () => void loadNext(), handleNear };
}

/** Older messages near the top; newer ones near the end, for who reads far back. */
export function useHistory(handle: RoomHandle, view: RoomView) {
  const isReady = view.status === 'ready';
  const { length } = view.messages;
  const older = usePages(
    useCallback(() => handle.loadMore(), [handle]),
    isReady && view.hasMore && !view.isLoadingMore,
    length,
  );
  const newer = usePages(
    useCallback(() => handle.loadNewer(), [handle]),
    isReady && view.hasNewer,
    length,
  );
  return { older, newer };
}
