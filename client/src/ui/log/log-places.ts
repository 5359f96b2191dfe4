/** Measuring where things stand in the log. */
import type { EntryId } from '@tablo/schema/ids';
import type { Range } from '../page/render-window.ts';

export const elementOf = (scroller: HTMLElement, id: string): HTMLElement | null =>
  scroller.querySelector<HTMLElement>(`[data-message-id="${CSS.escape(id)}"]`);

export const offsetIn = (scroller: HTMLElement, element: Element): number =>
  element.getBoundingClientRect().top - scroller.getBoundingClientRect().top;

/** The first message that reaches into view; binary search, since rows stand in order. */
export function firstVisible(scroller: HTMLElement): HTMLElement | undefined {
  const rows = scroller.querySelectorAll<HTMLElement>('[data-message-id]');
  const top = scroller.getBoundingClientRect().top;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > top) high = middle;
    else low = middle + 1;
  }
  return rows[low];
}

/** Where the log stood when it was last looked at, how far down it could go then, how high it was, and where its upper edge was in the window, px. */
export interface Stand {
  readonly top: number;
  readonly end: number;
  readonly height: number;
  readonly edge: number;
}

export const standOf = (scroller: HTMLElement): Stand => ({
  top: scroller.scrollTop,
  end: scroller.scrollHeight - scroller.clientHeight,
  height: scroller.clientHeight,
  edge: scroller.getBoundingClientRect().top,
});

/** Not when the browser itself has moved the log to its new end, because it became too short for where it stood. */
export const hasScrolled = ({ top, end }: Stand, known: Stand): boolean =>
  Math.abs(top - known.top) >= 1 && !(top < known.top && top >= end - 1 && end < known.end);

/** Of a message, to what is in view. */
export type Side = 'above' | 'in view' | 'below';

interface SideOptions {
  readonly messages: readonly { readonly id: EntryId; readonly shownAt: number }[];
  /** Which of them are in the page. */
  readonly range: Range;
  /** When it is shown, where that is known: of a message that is not among them. */
  readonly shownAt: number | null;
}

export function sideOf(scroller: HTMLElement, id: EntryId, { messages, range, shownAt }: SideOptions): Side {
  const element = elementOf(scroller, id);
  if (element !== null) {
    const offset = offsetIn(scroller, element);
    return offset < -1 ? 'above' : offset > scroller.clientHeight ? 'below' : 'in view';
  }
  const index = messages.findIndex((message) => message.id === id);
  if (index >= 0) return index < range.start ? 'above' : 'below';
  return shownAt !== null && shownAt > (messages.at(-1)?.shownAt ?? Number.POSITIVE_INFINITY) ? 'below' : 'above';
}
