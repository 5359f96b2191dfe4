/** Where the reader was in each tablo, for as long as the page is open. */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

export type Place =
  | 'end'
  | {
      readonly id: EntryId;
      /** Of its top below the top of the log, px. */
      readonly offset: number;
      /** How many messages stood from there to the newest; `null`: not known, since those between were not here. */
      readonly depth: number | null;
    };

const PlacesContext = createContext<Map<TabloId, Place>>(new Map());

export function PlacesProvider({ children }: { readonly children: ReactNode }) {
  const [places] = useState(() => new Map<TabloId, Place>());
  return <PlacesContext.Provider value={places}>{children}</PlacesContext.Provider>;
}

/** Where the reader was when they left the tablo; `keep` may be called at every step: it causes no rendering. */
export function usePlace(id: TabloId): { readonly kept: Place | null; keep(place: Place): void } {
  const places = useContext(PlacesContext);
  const [kept] = useState(() => places.get(id) ?? null);
  const keep = useCallback((place: Place) => void places.set(id, place), [places, id]);
  return { kept, keep };
}
