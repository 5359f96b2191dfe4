import { useSyncExternalStore } from 'react';

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** One pane at a time. The same width stands in `shell.css`. */
export const useIsNarrow = (): boolean => useMedia('(max-width: 719px)');
/** Fingers: Enter makes a new line, menus open by a long press, nothing waits for hovering. */
export const useIsTouch = (): boolean => useMedia('(hover: none) and (pointer: coarse)');
