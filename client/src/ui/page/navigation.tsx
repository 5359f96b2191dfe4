import type { EntryId, TabloId } from '@tablo/schema/ids';
import { createContext, type MouseEvent, useContext } from 'react';
import { BASE_PATH } from './base-path.ts';

/** How the page moves; `app/router.ts` does it. */
export interface Navigation {
  readonly tabloId: TabloId | null;
  /** The address is none of ours. */
  readonly isUnknown: boolean;
  /** The message of that tablo that the address names, whether there is such a one or not; `null` once it has been looked for. */
  readonly messageId: string | null;
  /** The address of a tablo, or of one of its messages. */
  hrefOf(id: TabloId, message?: string): string;
  openTablo(id: TabloId, message?: EntryId | null): void;
  /** Back to the list at its earlier history entry, so that no later entries lie between. */
  openList(): void;
  forgetMessage(): void;
}

/** On our own page. */
export const ownHref = (id: TabloId, message?: string): string =>
  `${BASE_PATH}t/${id}${message === undefined ? '' : `/m/${encodeURIComponent(message)}`}`;

export const NavigationContext = createContext<Navigation>({
  tabloId: null,
  messageId: null,
  hrefOf: ownHref,
  isUnknown: false,
  openTablo: () => undefined,
  openList: () => undefined,
  forgetMessage: () => undefined,
});

export const useNavigation = (): Navigation => useContext(NavigationContext);

/** A click that should stay in this page: not one that opens a new tab. */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}
