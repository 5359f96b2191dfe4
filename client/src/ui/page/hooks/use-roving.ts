import type { EntryId } from '@tablo/schema/ids';
import { type FocusEvent, type MouseEvent, type PointerEvent, useEffect, useRef, useState } from 'react';

const idAt = (target: EventTarget | null): EntryId | null => {
  const message = target instanceof Element ? target.closest<HTMLElement>('[data-message-id]') : null;
  return (message?.dataset.messageId as EntryId | undefined) ?? null;
};

/** A menu and a dialog give the focus back. */
const isBorrowed = (taker: EventTarget | null): boolean =>
  taker instanceof Element && taker.closest('[popover], dialog') !== null;

/**
 * Which of the messages that are in the page Tab leads to (the one that had the focus last, else the newest), and which one shows its commands: the last
 * that was pointed at, tapped, or given the focus.
 */
export function useRoving(shownIds: readonly EntryId[]) {
  const [lastId, setLastId] = useState<EntryId | null>(null);
  const [activeId, setActiveId] = useState<EntryId | null>(null);
  const isByKeyboard = useRef(false);
  /** The mouse has moved since the last key was pressed. */
  const isPointing = useRef(false);
  useEffect(() => {
    const handleKeyDown = () => {
      isPointing.current = false;
    };
    document.addEventListener('keydown', handleKeyDown, true);
    return () => document.removeEventListener('keydown', handleKeyDown, true);
  }, []);
  const tabStopId = lastId !== null && shownIds.includes(lastId) ? lastId : (shownIds.at(-1) ?? null);

  const show = (target: EventTarget) => {
    const id = idAt(target);
    if (id !== null) setActiveId(id);
  };

  const handlers = {
    // Moving, and not coming in: messages that scroll by under a mouse at rest take nothing from the one that the keyboard is at.
    onPointerMove: ({ pointerType, target }: PointerEvent) => {
      if (pointerType !== 'mouse') return;
      isPointing.current = true;
      show(target);
    },
    onPointerLeave: ({ pointerType, currentTarget, relatedTarget }: PointerEvent<HTMLElement>) => {
      const { activeElement } = document;
      if (pointerType !== 'mouse' || isBorrowed(relatedTarget)) return;
      setActiveId(currentTarget.contains(activeElement) ? idAt(activeElement) : null);
    },
    onClick: ({ target }: MouseEvent) => show(target),
    onFocus: ({ target }: FocusEvent<HTMLElement>) => {
      // A focus that falls back, because the commands it was in have gone to the message that is pointed at, does not fetch them.
      if (!isPointing.current) show(target);
      // This is checked now: after the next key it is always true.
      isByKeyboard.current = target.matches(':focus-visible');
      setLastId((known) => idAt(target) ?? known);
    },
    // When the focus has arrived elsewhere: what it leaves must still be there until then, or it is taken for lost.
    onBlur: ({ currentTarget }: FocusEvent<HTMLElement>) => {
      setTimeout(() => {
        const { activeElement } = document;
        if (currentTarget.contains(activeElement) || isBorrowed(activeElement)) return;
        if (!currentTarget.matches(':hover')) setActiveId(null);
      });
    },
  };

  return {
    tabStopId,
    activeId,
    handlers,
    startAtNewest: () => setLastId(null),
    /** Is the focus where the keyboard brought it? Not where somebody clicked. */
    isByKeyboard: () => isByKeyboard.current,
  };
}
