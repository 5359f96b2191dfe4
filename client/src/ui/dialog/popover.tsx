import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { followWay, wayFrom } from '../page/focus.ts';

export interface PopoverProps {
  /** The anchor: the popover opens beside it, moves with it, and gives the focus back to it, or to its surroundings. */
  readonly anchor: HTMLElement;
  /** Which edges line up with the anchor's, in the direction of reading. */
  readonly align?: 'start' | 'end';
  /** The style sheet makes it a sheet at the bottom of the window: it stands there whatever the anchor does. */
  readonly isSheet?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly className?: string;
}

/** HTML standard, *close requests*; TypeScript does not know it yet. */
declare const CloseWatcher: (new () => EventTarget & { destroy(): void }) | undefined;

const GAP_PX = 6;
const MARGIN_PX = 8;

/** Below the anchor, above it where there is no room, and always as a whole in the window: the style sheet gives it no more height than that. */
function place(popover: HTMLElement, anchor: HTMLElement, align: 'start' | 'end'): void {
  const around = anchor.getBoundingClientRect();
  const own = popover.getBoundingClientRect();
  const below = around.bottom + GAP_PX;
  const above = around.top - own.height - GAP_PX;
  const lowest = window.innerHeight - own.height - MARGIN_PX;
  const top = Math.max(MARGIN_PX, Math.min(below <= lowest ? below : above, lowest));
  const isRightToLeft = getComputedStyle(anchor).direction === 'rtl';
  const wished = (align === 'start') === isRightToLeft ? around.right - own.width : around.left;
  const left = Math.max(MARGIN_PX, Math.min(wished, window.innerWidth - own.width - MARGIN_PX));
  popover.style.setProperty('--tablo-_top', `${top}px`);
  popover.style.setProperty('--tablo-_left', `${left}px`);
}

function isInView(anchor: HTMLElement, scroller: Element): boolean {
  const around = anchor.getBoundingClientRect();
  const view = scroller.getBoundingClientRect();
  return around.bottom > view.top && around.top < view.bottom;
}

/**
 * The box of a menu (`menu.tsx`). In the top layer, so nothing clips it. On a narrow screen the style sheet makes it a sheet at the bottom. `manual`, because the browser's own
 * light dismissal takes the finger that lifts after a long press for a tap elsewhere.
 */
export function Popover(props: PopoverProps) {
  const { anchor, align = 'end', isSheet = false, onClose, children, className = '' } = props;
  const ref = useRef<HTMLDivElement>(null);
  const onCloseRef = useRef(onClose);
  onCloseRef.current = onClose;

  // Before the element leaves: a menu that is out of the page already no longer knows that it had the focus.
  useLayoutEffect(() => {
    const popover = ref.current;
    if (popover === null) return;
    const handlePointerDown = ({ target }: PointerEvent) => {
      if (!(target instanceof Node) || popover.contains(target)) return;
      // The button that opened it closes it by its own click.
      if (!(anchor instanceof HTMLButtonElement && anchor.contains(target))) onCloseRef.current();
    };
    // Escape, and on Android the gesture or button *Back*, which would leave the conversation otherwise. Only Chromium has this; dialogs have it by themselves.
    const watcher = typeof CloseWatcher === 'undefined' ? null : new CloseWatcher();
    watcher?.addEventListener('close', () => onCloseRef.current());
    const handleKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      if (watcher === null) onCloseRef.current();
    };
    const way = wayFrom(anchor);
    popover.showPopover();
    popover.querySelector<HTMLElement>('[role^="menuitem"]')?.focus({ preventScroll: true });
    document.addEventListener('pointerdown', handlePointerDown, true);
    document.addEventListener('keydown', handleKeyDown, true);
    return () => {
      document.removeEventListener('pointerdown', handlePointerDown, true);
      document.removeEventListener('keydown', handleKeyDown, true);
      watcher?.destroy();
      const hadFocus = popover.contains(document.activeElement);
      if (popover.matches(':popover-open')) popover.hidePopover();
      if (hadFocus) followWay(way);
    };
  }, [anchor]);

  useLayoutEffect(() => {
    const popover = ref.current;
    if (popover === null || isSheet) return;
    // An anchor that was removed from the page has no position; the popover then stays where it is.
    const follow = () => anchor.isConnected && place(popover, anchor, align);
    const handleScroll = ({ target }: Event) => {
      if (!(target instanceof Element) || !target.contains(anchor)) return;
      if (isInView(anchor, target)) follow();
      else onCloseRef.current();
    };
    follow();
    // It grows when more is shown in it.
    const observer = new ResizeObserver(follow);
    observer.observe(popover);
    document.addEventListener('scroll', handleScroll, true);
    window.addEventListener('resize', follow);
    return () => {
      observer.disconnect();
      document.removeEventListener('scroll', handleScroll, true);
      window.removeEventListener('resize', follow);
    };
  }, [anchor, align, isSheet]);

  return (
    <div ref={ref} popover="manual" tabIndex={-1} className={`popover ${className}`}>
      {children}
    </div>
  );
}
