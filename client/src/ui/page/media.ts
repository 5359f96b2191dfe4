import { useSyncExternalStore } from 'react';

function createMediaHook(query: string): () => boolean {
  const list = window.matchMedia(query);
  const subscribe = (listener: () => void) => {
    list.addEventListener('change', listener);
    return () => list.removeEventListener('change', listener);
  };
  return () => useSyncExternalStore(subscribe, () => list.matches);
}

/** One pane at a time. The same width stands in `shell.css`. */
export const useIsNarrow = createMediaHook('(max-width: 719px)');
/** Fingers: Enter makes a new line, menus open by a long press, nothing waits for hovering. */
export const useIsTouch = createMediaHook('(hover: none) and (pointer: coarse)');
