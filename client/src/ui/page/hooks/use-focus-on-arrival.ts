import type { TabloId } from '@tablo/schema/ids';
import { useCallback, useEffect, useRef } from 'react';
import { useFrame } from '../frame.ts';

/** A tablo's room is opened a moment after its frame; what takes longer than this has lost its claim on the focus. */
const WAIT_MS = 3_000;

/**
 * A reader who goes to another tablo by keys is in its conversation then, wherever the focus was. `places`: selectors of what takes the focus there, the best first.
 * The returned function is called when the reader is on the way.
 */
export function useFocusOnArrival(tabloId: TabloId | null, places: readonly string[]): (id: TabloId) => void {
  const expected = useRef<TabloId | null>(null);
  const placesRef = useRef(places);
  placesRef.current = places;
  const root = useFrame()?.root;

  useEffect(() => {
    if (tabloId === null || expected.current !== tabloId) return;
    expected.current = null;
    const arrive = (): boolean =>
      placesRef.current.some((place) => {
        const element = (root?.current ?? document).querySelector<HTMLElement>(place);
        element?.focus({ preventScroll: true });
        return element !== null && document.activeElement === element;
      });
    if (arrive()) return;
    const stop = () => {
      observer.disconnect();
      clearTimeout(timer);
    };
    const observer = new MutationObserver(() => arrive() && stop());
    observer.observe(document.body, { childList: true, subtree: true });
    const timer = setTimeout(stop, WAIT_MS);
    return stop;
  }, [tabloId, root]);

  return useCallback((id: TabloId) => {
    expected.current = id;
  }, []);
}
