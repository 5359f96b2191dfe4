/**
 * Where the reader is in the conversation, and how to stay there.
 * 1. Either the view follows the newest message (`anchor` is 'bottom'), or it holds one message at one distance from the top edge.
 * 2. Only the reader's scrolling and the jumps below move the anchor; whatever changes in the page (older messages in front, reactions, a keyboard,
 *    late fonts) `restore` puts the anchor back, before anything is painted.
 * 3. A scroll event does not say who has scrolled. `knownRef` does: where the log stood when it was last looked at. What `restore` did, and what the browser does when
 *    the log becomes shorter than where it stands, is not the reader's; so a message that is missing for a moment, as between two documents of a tablo, is
 *    found again where it was.
 */
import type { EntryId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { growDown, growUp, type RenderWindow, TAIL, visibleRange, windowAround } from './render-window.ts';

/** Closer to the end than this is the end: zoom and sub-pixels never add up exactly. */
const BOTTOM_TOLERANCE_PX = 48;
const NEAR_EDGE_PX = 900;
const DIVIDER_OFFSET_PX = 96;
const FLASH_MS = 1_600;

type Anchor = 'bottom' | { readonly id: string; readonly offset: number };

interface LogScrollOptions {
  readonly messages: readonly TimelineMessage[];
  readonly firstUnreadId: EntryId | null;
  readonly isReady: boolean;
  readonly onNearTop: () => void;
}

const elementOf = (scroller: HTMLElement, id: string): HTMLElement | null =>
  scroller.querySelector<HTMLElement>(`[data-message-id="${CSS.escape(id)}"]`);

const offsetIn = (scroller: HTMLElement, element: Element): number =>
  element.getBoundingClientRect().top - scroller.getBoundingClientRect().top;

/** The first message that reaches into view; binary search, since rows stand in order. */
function firstVisible(scroller: HTMLElement): HTMLElement | undefined {
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

/** Where the log stood when it was last looked at, and how far down it could go then, px. */
interface Stand {
  readonly top: number;
  readonly end: number;
}

const standOf = ({ scrollTop, scrollHeight, clientHeight }: HTMLElement): Stand => ({
  top: scrollTop,
  end: scrollHeight - clientHeight,
});

/** Not when the browser itself has moved the log to its new end, because it became too short for where it stood. */
const hasScrolled = ({ top, end }: Stand, known: Stand): boolean =>
  Math.abs(top - known.top) >= 1 && !(top < known.top && top >= end - 1 && end < known.end);

export function useLogScroll({ messages, firstUnreadId, isReady, onNearTop }: LogScrollOptions) {
  const scrollerRef = useRef<HTMLDivElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const anchorRef = useRef<Anchor>('bottom');
  const knownRef = useRef<Stand>({ top: 0, end: 0 });
  const hasOpened = useRef(false);
  const jumpRef = useRef<EntryId | null>(null);
  const messagesRef = useRef(messages);
  messagesRef.current = messages;
  const [renderWindow, setRenderWindow] = useState<RenderWindow>(TAIL);
  const [isAtBottom, setIsAtBottom] = useState(false);
  const [flashedId, setFlashedId] = useState<EntryId | null>(null);
  const range = useMemo(() => visibleRange(messages, renderWindow), [messages, renderWindow]);
  const isTail = renderWindow.lastId === null || range.end >= messages.length;

  /** Takes what is seen now for what the reader wants to see. */
  const settle = useCallback(
    (scroller: HTMLElement) => {
      const stand = standOf(scroller);
      const isEnd = isTail && stand.end - stand.top <= BOTTOM_TOLERANCE_PX;
      const first = isEnd ? undefined : firstVisible(scroller);
      anchorRef.current =
        first === undefined ? 'bottom' : { id: first.dataset.messageId ?? '', offset: offsetIn(scroller, first) };
      knownRef.current = stand;
      setIsAtBottom(isEnd);
    },
    [isTail],
  );

  const restore = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    // Scrolled by the reader since, and the event is still to come.
    const stand = standOf(scroller);
    if (hasScrolled(stand, knownRef.current)) settle(scroller);
    const anchor = anchorRef.current;
    const element = anchor === 'bottom' ? null : elementOf(scroller, anchor.id);
    if (anchor === 'bottom') {
      // Whoever stands a little above the end is not drawn there as long as nothing comes.
      if (stand.end !== knownRef.current.end) scroller.scrollTop = stand.end;
    } else if (element !== null) {
      const drift = offsetIn(scroller, element) - anchor.offset;
      if (Math.abs(drift) >= 1) scroller.scrollTop += drift;
    }
    knownRef.current = standOf(scroller);
  }, [settle]);

  const fillEdges = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null || !isReady) return;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    if (scroller.scrollTop < NEAR_EDGE_PX) {
      if (range.start > 0) setRenderWindow(growUp(messages, range));
      else onNearTop();
    } else if (below < NEAR_EDGE_PX && !isTail) setRenderWindow(growDown(messages, range));
  }, [messages, range, isTail, isReady, onNearTop]);

  const handleScroll = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    if (hasScrolled(standOf(scroller), knownRef.current)) settle(scroller);
    fillEdges();
  }, [fillEdges, settle]);

  // After every rendering, whatever has changed: a spinner, the beginning, a toolbar, messages.
  useLayoutEffect(restore);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after every change of which messages are rendered.
  useLayoutEffect(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    const divider = scroller.querySelector('[data-new-divider]');
    if (!hasOpened.current && isReady && messages.length > 0) {
      hasOpened.current = true;
      // What is new starts above the view: begin reading there.
      const startsAbove = divider !== null && firstUnreadId !== null && offsetIn(scroller, divider) < 0;
      if (startsAbove) {
        anchorRef.current = { id: firstUnreadId, offset: DIVIDER_OFFSET_PX };
        restore();
      }
      settle(scroller);
    }
    const jump = jumpRef.current === null ? null : elementOf(scroller, jumpRef.current);
    if (jump !== null) {
      jumpRef.current = null;
      anchorRef.current = { id: jump.dataset.messageId ?? '', offset: scroller.clientHeight / 3 };
      restore();
      settle(scroller);
      jump.focus({ preventScroll: true });
    }
    fillEdges();
  }, [messages, range.start, range.end, isReady]);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(restore);
    if (scrollerRef.current !== null) observer.observe(scrollerRef.current);
    if (contentRef.current !== null) observer.observe(contentRef.current);
    return () => observer.disconnect();
  }, [restore]);

  const jumpToLatest = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    anchorRef.current = 'bottom';
    setRenderWindow(TAIL);
    setIsAtBottom(true);
    scroller.scrollTop = scroller.scrollHeight;
    knownRef.current = standOf(scroller);
  }, []);

  const jumpTo = useCallback((id: EntryId) => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    const element = elementOf(scroller, id);
    if (element === null) {
      jumpRef.current = id;
      setRenderWindow(windowAround(messagesRef.current, id));
    } else {
      element.scrollIntoView({ block: 'center' });
      // Who jumps goes on from there.
      element.focus({ preventScroll: true });
    }
    setFlashedId(id);
    setTimeout(() => setFlashedId((flashed) => (flashed === id ? null : flashed)), FLASH_MS);
  }, []);

  return { scrollerRef, contentRef, range, isAtBottom, flashedId, handleScroll, jumpTo, jumpToLatest };
}
