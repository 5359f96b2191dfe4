import { useCallback, useEffect, useRef } from 'react';
import type { RoomHandle } from '../../chat/chat.ts';

/** Without a keystroke for this long nobody is typing any more. */
const IDLE_MS = 4_000;

export function useTyping(handle: RoomHandle) {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  const stop = useCallback(() => {
    if (timer.current === null) return;
    clearTimeout(timer.current);
    timer.current = null;
    handle.sendTyping(false);
  }, [handle]);

  const touch = useCallback(() => {
    if (timer.current === null) handle.sendTyping(true);
    else clearTimeout(timer.current);
    timer.current = setTimeout(stop, IDLE_MS);
  }, [handle, stop]);

  useEffect(() => stop, [stop]);

  return { touch, stop };
}
