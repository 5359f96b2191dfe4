/**
 * Where the reader is in the conversation, and how to stay there.
 * 1. Either the view follows the newest message (`anchor` is 'bottom'), or it holds one message at one distance from the top edge.
 * 2. Only the reader's scrolling and the jumps below move the anchor; whatever changes in the page (older messages in front, reactions, a keyboard,
 *    late fonts) `restore` puts the anchor back.
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

export function useLogScroll({ messages, firstUnreadId, isReady, onNearTop }: LogScrollOptions) {
  const scrollerRef = useRef<HTMLDivElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const anchorRef = useRef<Anchor>('bottom');
  const hasOpened = useRef(false);
  const jumpRef = useRef<EntryId | null>(null);
  const messagesRef = useRef(messages);
  messagesRef.current = messages;
  const [renderWindow, setRenderWindow] = useState<RenderWindow>(TAIL);
  const [isAtBottom, setIsAtBottom] = useState(false);
  const [flashedId, setFlashedId] = useState<EntryId | null>(null);
  const range = useMemo(() => visibleRange(messages, renderWindow), [messages, renderWindow]);
  const isTail = renderWindow.lastId === null || range.end >= messages.length;

  const restore = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    const anchor = anchorRef.current;
    if (anchor === 'bottom') {
      scroller.scrollTop = scroller.scrollHeight;
      return;
    }
    const element = elementOf(scroller, anchor.id);
    if (element === null) return;
    const drift = offsetIn(scroller, element) - anchor.offset;
    if (Math.abs(drift) >= 1) scroller.scrollTop += drift;
  }, []);

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
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    const isEnd = isTail && below <= BOTTOM_TOLERANCE_PX;
    const first = isEnd ? undefined : firstVisible(scroller);
    anchorRef.current =
      first === undefined ? 'bottom' : { id: first.dataset.messageId ?? '', offset: offsetIn(scroller, first) };
    setIsAtBottom(isEnd);
    fillEdges();
  }, [fillEdges, isTail]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after every change of what is rendered.
  useLayoutEffect(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    restore();
    const divider = scroller.querySelector('[data-new-divider]');
    if (!hasOpened.current && isReady && messages.length > 0) {
      hasOpened.current = true;
      // What is new starts above the view: begin reading there.
      const startsAbove = divider !== null && firstUnreadId !== null && offsetIn(scroller, divider) < 0;
      if (startsAbove) {
        anchorRef.current = { id: firstUnreadId, offset: DIVIDER_OFFSET_PX };
        restore();
      }
      setIsAtBottom(!startsAbove);
    }
    const jump = jumpRef.current === null ? null : elementOf(scroller, jumpRef.current);
    if (jump !== null) {
      jumpRef.current = null;
      anchorRef.current = { id: jump.dataset.messageId ?? '', offset: scroller.clientHeight / 3 };
      restore();
    }
    fillEdges();
  }, [messages, range.start, range.end, isReady, restore]);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(restore);
    if (scrollerRef.current !== null) observer.observe(scrollerRef.current);
    if (contentRef.current !== null) observer.observe(contentRef.current);
    return () => observer.disconnect();
  }, [restore]);

  const jumpToLatest = useCallback(() => {
    anchorRef.current = 'bottom';
    setRenderWindow(TAIL);
    setIsAtBottom(true);
    restore();
  }, [restore]);

  const jumpTo = useCallback((id: EntryId) => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    const element = elementOf(scroller, id);
    if (element === null) {
      jumpRef.current = id;
      setRenderWindow(windowAround(messagesRef.current, id));
    } else {
      element.scrollIntoView({ block: 'center' });
    }
    setFlashedId(id);
    setTimeout(() => setFlashedId((flashed) => (flashed === id ? null : flashed)), FLASH_MS);
  }, []);

  return { scrollerRef, contentRef, range, isAtBottom, flashedId, handleScroll, jumpTo, jumpToLatest };
}
