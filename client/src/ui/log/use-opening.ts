import { useCallback, useEffect, useRef, useState } from 'react';
import type { RoomHandle, RoomView } from '../../chat/chat.ts';
import { useNavigation } from '../page/navigation.tsx';
import type { Place } from '../people/places.tsx';

/** How long the log stays hidden for what it is to open at, ms: then it opens at its end, and goes there when it can. */
const PATIENCE_MS = 3_000;

interface OpeningOptions {
  readonly handle: RoomHandle;
  readonly view: RoomView;
  /** Where the reader was when they left. */
  readonly kept: Place | null;
}

/** `isWaiting` while what the log is to open at is on its way: the message that the address names (`finish` says when it has come), or the place of before. */
export function useOpening({ handle, view, kept }: OpeningOptions) {
  const { messageId } = useNavigation();
  const [isLinked] = useState(messageId !== null);
  const place = isLinked || kept === 'end' ? null : kept;
  const [isOver, setIsOver] = useState(!isLinked && place === null);
  const isReady = view.status === 'ready';
  const isHere = !isOver && place !== null && view.messages.some((message) => message.id === place.id);
  const finish = useCallback(() => setIsOver(true), []);

  const isPlaceLate = useRef(false);
  isPlaceLate.current = place !== null && !isOver && !isHere;

  useEffect(() => {
    const timer = setTimeout(() => {
      // A reader who has begun to read at the end is not moved away.
      if (isPlaceLate.current) handle.showLatest();
      finish();
    }, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [handle, finish]);

  useEffect(() => {
    if (place === null || !isReady || isOver) return;
    void handle.reach(place.id, place.depth ?? undefined).then(finish, finish);
  }, [handle, place, isReady, isOver, finish]);

  return { isReady, isWaiting: !isOver && !isHere, finish };
}
