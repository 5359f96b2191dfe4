import { useSyncExternalStore } from 'react';
import { useFrame } from './frame.ts';

/** On a server there is no window: as in a wide one, with a mouse. */
function createMediaHook(query: string): () => boolean {
  let list: MediaQueryList | undefined;
  const matches = (): MediaQueryList => {
    list ??= window.matchMedia(query);
    return list;
  };
  const subscribe = (listener: () => void) => {
    matches().addEventListener('change', listener);
    return () => matches().removeEventListener('change', listener);
  };
  const get = () => matches().matches;
  const getOnServer = () => false;
  return () => useSyncExternalStore(subscribe, get, getOnServer);
}

/** A phone: menus and dialogs are sheets. The same width stands in `dialog.css`. */
export const useIsNarrowWindow = createMediaHook('(max-width: 719px)');
/** One pane at a time. */
export function useIsNarrow(): boolean {
  const isNarrowWindow = useIsNarrowWindow();
  return useFrame()?.isNarrow ?? isNarrowWindow;
}
/** Fingers: Enter makes a new line, menus open by a long press, nothing waits for hovering. */
export const useIsTouch = createMediaHook('(hover: none) and (pointer: coarse)');
