/**
 * Decides where the focus goes when its element is removed. The browser would move it to `<body>`, and users of a keyboard or a screen reader
 * would start again at the top of the page.
 * 1. What opens over the page (dialog, menu) gives the focus back before it leaves: `wayFrom` when it opens, `followWay` when it closes.
 * 2. Whatever else goes (a reaction taken back, a strip that is no longer needed, the other pane of a phone) is seen by `useFocusKeeper`, once for the whole
 *    page. In this order it tries: what was put in the element's place in a dialog or menu · the next message, where a message went · what the element
 *    stood in: message, menu, dialog, log · the places that the page names.
 * 3. The focus is never moved while it is on an element, or after the reader has removed it by a click.
 */
import { useEffect, useRef } from 'react';
import { useFrame } from './frame.ts';

/** An element and all that it stands in, from the inside. */
export type Way = readonly HTMLElement[];

const FOCUSABLE = 'button, input, select, textarea, a[href], [tabindex]';
const MESSAGE = '[data-message-id]';

export function wayFrom(element: Element | null): Way {
  const way: HTMLElement[] = [];
  for (let one = element; one !== null; one = one.parentElement) if (one instanceof HTMLElement) way.push(one);
  return way;
}

/** What is hidden, disabled or behind a modal dialog does not take it. */
function takesFocus(element: HTMLElement | null, options?: FocusOptions): boolean {
  if (element?.isConnected !== true || element === document.body) return false;
  element.focus(options);
  return document.activeElement === element;
}

const isNowhere = (): boolean => document.activeElement === null || document.activeElement === document.body;

export const COMPOSER_ID = 'composer';
export const COMPOSER = `#${COMPOSER_ID}`;
export const LOG = '.log';

const FRAME = '.tablo-chat-page';
/** Inside a host application's page there may be several of us: the one that has the focus, else the first. On our own page it is all of it. */
const find = (place: string): HTMLElement | null =>
  (document.activeElement?.closest(FRAME) ?? document.querySelector(FRAME) ?? document).querySelector(place);

/** Where nothing can be written, nothing happens. */
export const focusComposer = (): boolean => takesFocus(find(COMPOSER));

export const focusLog = (): boolean => takesFocus(find(LOG));

/** To the first of it that is still there and takes the focus. */
export const followWay = (way: Way): boolean => way.some((element) => takesFocus(element, { preventScroll: true }));

/** What was put in where `lost` went, in one change of the page. */
function replacementOf(lost: Node, changes: readonly MutationRecord[]): HTMLElement | null {
  const removal = changes.find(({ removedNodes }) => [...removedNodes].some((node) => node.contains(lost)));
  if (removal === undefined || !(removal.target instanceof Element)) return null;
  if (removal.target.closest('dialog, [popover]') === null) return null;
  const now = removal.previousSibling === null ? removal.target.firstChild : removal.previousSibling.nextSibling;
  const isNew = changes.some(({ addedNodes }) => now !== null && [...addedNodes].includes(now));
  if (!isNew || !(now instanceof HTMLElement)) return null;
  return now.matches(FOCUSABLE) ? now : now.querySelector<HTMLElement>(FOCUSABLE);
}

/** The message that now stands where one went; the one before it at the end. */
function nextMessage(lost: Node, changes: readonly MutationRecord[]): HTMLElement | null {
  for (const { removedNodes, nextSibling, previousSibling } of changes) {
    const isMessage = [...removedNodes].some(
      (node) => node instanceof HTMLElement && node.matches(MESSAGE) && node.contains(lost),
    );
    if (!isMessage) continue;
    for (let one = nextSibling; one !== null; one = one.nextSibling)
      if (one instanceof HTMLElement && one.matches(MESSAGE)) return one;
    for (let one = previousSibling; one !== null; one = one.previousSibling)
      if (one instanceof HTMLElement && one.matches(MESSAGE)) return one;
  }
  return null;
}

/** `places`: selectors of what takes the focus when nothing nearer does, the best first. Once, for the page; inside a host application's, only what was in our part of it is followed. */
export function useFocusKeeper(places: readonly string[]): void {
  const placesRef = useRef(places);
  placesRef.current = places;
  const root = useFrame()?.root;

  useEffect(() => {
    // The element that has the focus, or had it when it was removed.
    const wayOf = (element: Element | null): Way =>
      root === undefined || root.current?.contains(element) === true ? wayFrom(element) : [];
    let way = wayOf(document.activeElement);

    const handleFocusIn = ({ target }: FocusEvent) => {
      way = wayOf(target instanceof Element ? target : null);
    };
    // The browser may report an element's going as this, while the element is still there: ask once it is done.
    const handleFocusOut = () =>
      queueMicrotask(() => {
        if (isNowhere() && way[0]?.isConnected === true) way = [];
      });

    const observer = new MutationObserver((changes) => {
      const [lost] = way;
      if (lost === undefined || lost.isConnected || !isNowhere()) return;
      // No element has taken the focus: a later change of the page may bring one that does.
      void (
        takesFocus(replacementOf(lost, changes), { preventScroll: true }) ||
        takesFocus(nextMessage(lost, changes), { preventScroll: true }) ||
        followWay(way) ||
        placesRef.current.some((place) => takesFocus((root?.current ?? document).querySelector<HTMLElement>(place)))
      );
    });

    document.addEventListener('focusin', handleFocusIn);
    document.addEventListener('focusout', handleFocusOut);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener('focusin', handleFocusIn);
      document.removeEventListener('focusout', handleFocusOut);
      observer.disconnect();
    };
  }, [root]);
}
