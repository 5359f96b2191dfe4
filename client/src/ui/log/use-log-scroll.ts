/**
 * Where the reader is in the conversation, and how to stay there.
 * 1. Either the view follows the newest message (`anchor` is 'bottom'), or it holds one message at one place on the screen.
 * 2. Only the reader's scrolling and the jumps below move the anchor; whatever changes in the page (older messages in front, reactions, a keyboard,
 *    late fonts) `restore` puts the anchor back, before anything is painted.
 * 3. A scroll event does not say who has scrolled. `knownRef` does: where the log stood when it was last looked at. Scrolling by `restore`, and by the browser when
 *    the log becomes shorter than where it stands, is not the reader's; so a message that is missing for a moment, as between two documents of a tablo, is
 *    found again where it was.
 */
import type { EntryId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { growDown, growUp, type RenderWindow, TAIL, visibleRange, windowAround } from '../page/render-window.ts';
import type { Place } from '../people/places.tsx';
import {
  elementOf,
  firstVisible,
  hasScrolled,
  offsetIn,
  type Side,
  type Stand,
  sideOf,
  standOf,
} from './log-places.ts';

/** Closer to the end than this is the end: zoom and sub-pixels never add up exactly. */
const BOTTOM_TOLERANCE_PX = 48;
const NEAR_EDGE_PX = 900;
/** From the top of the log to the first new message: the divider stands between. */
const DIVIDER_OFFSET_PX = 96;
const FLASH_MS = 1_600;

type Anchor = 'bottom' | { readonly id: string; readonly offset: number };

interface LogScrollOptions {
  readonly messages: readonly TimelineMessage[];
  readonly firstUnreadId: EntryId | null;
  readonly firstUnreadAt: number | null;
  /** The last of `messages` is not the newest one. */
  readonly hasNewer: boolean;
  readonly isReady: boolean;
  /** What the log is to open at is on its way. */
  readonly isWaiting: boolean;
  /** Where the reader was when they left. */
  readonly kept: Place | null;
  readonly onPlace: (place: Place) => void;
  readonly onNearTop: () => void;
  readonly onNearEnd: () => void;
}

interface Jump {
  readonly id: EntryId;
  /** Of its top below that of the log; `null`: a third of the way down, and with the focus. */
  readonly offset: number | null;
  readonly isFocused: boolean;
}

export function useLogScroll(options: LogScrollOptions) {
  const { messages, firstUnreadId, firstUnreadAt, hasNewer, isReady, isWaiting, kept } = options;
  const { onPlace, onNearTop, onNearEnd } = options;
  const scrollerRef = useRef<HTMLDivElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const anchorRef = useRef<Anchor>('bottom');
  const knownRef = useRef<Stand>({ top: 0, end: 0, height: 0, edge: 0 });
  const hasOpened = useRef(false);
  const jumpRef = useRef<Jump | null>(null);
  const [renderWindow, setRenderWindow] = useState<RenderWindow>(TAIL);
  const [isAtBottom, setIsAtBottom] = useState(false);
  const [newSide, setNewSide] = useState<Side | null>(null);
  const [flashedId, setFlashedId] = useState<EntryId | null>(null);
  const range = useMemo(() => visibleRange(messages, renderWindow), [messages, renderWindow]);
  const isTail = !hasNewer && (renderWindow.lastId === null || range.end >= messages.length);
  /** What the page shows: a newer message must not make all of these functions anew. */
  const shownRef = useRef({ messages, range, hasNewer, firstUnreadId, firstUnreadAt });
  shownRef.current = { messages, range, hasNewer, firstUnreadId, firstUnreadAt };

  /** Where the new messages begin, seen from here. */
  const lookForNew = useCallback((scroller: HTMLElement) => {
    if (!hasOpened.current) return;
    const { firstUnreadId: id, firstUnreadAt: shownAt, ...shown } = shownRef.current;
    setNewSide(id === null ? null : sideOf(scroller, id, { ...shown, shownAt }));
  }, []);

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
      const shown = shownRef.current;
      if (hasOpened.current) onPlace(placeOf(anchorRef.current, shown.hasNewer ? null : shown.messages));
      lookForNew(scroller);
    },
    [isTail, onPlace, lookForNew],
  );

  const restore = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    // The reader has scrolled since, and the event has not arrived yet.
    const stand = standOf(scroller);
    const isTaller = stand.height > knownRef.current.height;
    if (hasScrolled(stand, knownRef.current)) settle(scroller);
    else anchorRef.current = withEdgeMoved(anchorRef.current, stand.edge - knownRef.current.edge);
    const anchor = anchorRef.current;
    const element = anchor === 'bottom' ? null : elementOf(scroller, anchor.id);
    if (anchor === 'bottom') {
      // A reader slightly above the end is not moved to the end while nothing arrives.
      if (stand.end !== knownRef.current.end) scroller.scrollTop = stand.end;
    } else if (element !== null) {
      const drift = offsetIn(scroller, element) - anchor.offset;
      if (Math.abs(drift) >= 1) scroller.scrollTop += drift;
    }
    knownRef.current = standOf(scroller);
    // A larger window, or a smaller field below, has brought the end into view: who sees it follows it. Messages that are missing for a moment do not make the log taller.
    if (isTaller && anchor !== 'bottom' && knownRef.current.end - knownRef.current.top < 1) settle(scroller);
    else lookForNew(scroller);
  }, [settle, lookForNew]);

  const fillEdges = useCallback(() => {
    const scroller = scrollerRef.current;
    if (scroller === null || !isReady) return;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    if (scroller.scrollTop < NEAR_EDGE_PX) {
      if (range.start > 0) return setRenderWindow(growUp(messages, range));
      onNearTop();
    }
    if (below >= NEAR_EDGE_PX || isTail) return;
    if (range.end < messages.length) setRenderWindow(growDown(messages, range));
    else onNearEnd();
  }, [messages, range, isTail, isReady, onNearTop, onNearEnd]);

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
    if (!hasOpened.current && isReady && !isWaiting && messages.length > 0) {
      hasOpened.current = true;
      const isKept = kept !== null && kept !== 'end' && messages.some(({ id }) => id === kept.id);
      // The new messages start above the view: reading begins there.
      const startsAbove = divider !== null && firstUnreadId !== null && offsetIn(scroller, divider) < 0;
      if (isKept) jumpRef.current ??= { id: kept.id, offset: kept.offset, isFocused: false };
      else if (startsAbove) {
        anchorRef.current = { id: firstUnreadId, offset: DIVIDER_OFFSET_PX };
        restore();
      }
      if (!isKept) settle(scroller);
    }
    const jump = jumpRef.current;
    const target = jump === null ? null : elementOf(scroller, jump.id);
    if (jump !== null && target !== null) {
      jumpRef.current = null;
      anchorRef.current = { id: jump.id, offset: jump.offset ?? scroller.clientHeight / 3 };
      restore();
      settle(scroller);
      if (jump.isFocused) target.focus({ preventScroll: true });
    } else if (jump !== null && messages.some(({ id }) => id === jump.id)) {
      // Not in the page yet.
      return setRenderWindow(windowAround(messages, jump.id));
    }
    fillEdges();
  }, [messages, range.start, range.end, isReady, isWaiting]);

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
    onPlace('end');
    lookForNew(scroller);
  }, [onPlace, lookForNew]);

  const goTo = useCallback(
    (jump: Jump) => {
      const scroller = scrollerRef.current;
      if (scroller === null) return;
      const { messages: shown } = shownRef.current;
      const element = hasOpened.current ? elementOf(scroller, jump.id) : null;
      if (element === null) {
        // It comes into the page with the next rendering: of another part of them, of messages that are on their way, or of the log as it opens.
        jumpRef.current = jump;
        if (hasOpened.current && shown.some(({ id }) => id === jump.id)) setRenderWindow(windowAround(shown, jump.id));
        return;
      }
      jumpRef.current = null;
      anchorRef.current = { id: jump.id, offset: jump.offset ?? centred(scroller, element) };
      knownRef.current = standOf(scroller);
      restore();
      settle(scroller);
      // After a jump the reader goes on from there.
      element.focus({ preventScroll: true });
    },
    [restore, settle],
  );

  const jumpTo = useCallback(
    (id: EntryId) => {
      goTo({ id, offset: null, isFocused: true });
      setFlashedId(id);
      setTimeout(() => setFlashedId((flashed) => (flashed === id ? null : flashed)), FLASH_MS);
    },
    [goTo],
  );

  const jumpToNew = useCallback((id: EntryId) => goTo({ id, offset: DIVIDER_OFFSET_PX, isFocused: true }), [goTo]);

  return {
    ...{ scrollerRef, contentRef, range, newSide, flashedId },
    // Other messages may have come since it was looked at.
    isAtBottom: isAtBottom && !hasNewer,
    ...{ handleScroll, jumpTo, jumpToNew, jumpToLatest },
  };
}

const centred = (scroller: HTMLElement, element: HTMLElement): number =>
  Math.max(0, (scroller.clientHeight - element.getBoundingClientRect().height) / 2);

/** A banner that comes or goes above the log moves its upper edge; what is being read stays where it is on the screen. */
const withEdgeMoved = (anchor: Anchor, byPx: number): Anchor =>
  anchor === 'bottom' || byPx === 0 ? anchor : { ...anchor, offset: anchor.offset - byPx };

/** `messages`: up to the newest one; `null` where those are not here. */
function placeOf(anchor: Anchor, messages: readonly TimelineMessage[] | null): Place {
  if (anchor === 'bottom') return 'end';
  // From the end, where it stands more often than not.
  const index = messages?.findLastIndex(({ id }) => id === anchor.id) ?? -1;
  const depth = messages === null || index < 0 ? null : messages.length - index;
  return { id: anchor.id as EntryId, offset: anchor.offset, depth };
}
