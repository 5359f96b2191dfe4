import type { TabloId } from '@tablo/schema/ids';
import { createContext, type MouseEvent, useContext } from 'react';

/** How the page moves; `app/router.ts` does it. */
export interface Navigation {
  readonly tabloId: TabloId | null;
  openTablo(id: TabloId): void;
  openList(): void;
}

export const NavigationContext = createContext<Navigation>({
  tabloId: null,
  openTablo: () => undefined,
  openList: () => undefined,
});

export const useNavigation = (): Navigation => useContext(NavigationContext);

export const tabloPath = (id: TabloId): string => `/t/${id}`;

/** A click that should stay in this page: not one that opens a new tab. */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}
