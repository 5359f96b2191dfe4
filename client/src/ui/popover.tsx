import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { followWay, wayFrom } from './focus.ts';

interface PopoverProps {
  readonly label: string;
  /** What it belongs to: it opens beside this, and gives the focus back to it, or to what it stands in. */
  readonly anchor: HTMLElement;
  /** Which edges line up with the anchor's. */
  readonly align?: 'start' | 'end';
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly className?: string;
}

const GAP_PX = 6;
const MARGIN_PX = 8;

function place(popover: HTMLElement, anchor: HTMLElement, align: 'start' | 'end'): void {
  const around = anchor.getBoundingClientRect();
  const own = popover.getBoundingClientRect();
  const below = around.bottom + GAP_PX;
  const fitsBelow = below + own.height + MARGIN_PX <= window.innerHeight;
  const top = fitsBelow ? below : Math.max(MARGIN_PX, around.top - own.height - GAP_PX);
  const wished = align === 'start' ? around.left : around.right - own.width;
  const left = Math.min(Math.max(MARGIN_PX, wished), window.innerWidth - own.width - MARGIN_PX);
  popover.style.setProperty('--top', `${top}px`);
  popover.style.setProperty('--left', `${left}px`);
}

/**
 * In the top layer, so nothing clips it. On a narrow screen the style sheet makes it a sheet at the bottom. `manual`, because the browser's own
 * light dismissal takes the finger that lifts after a long press for a tap elsewhere.
 */
export function Popover({ label, anchor, align = 'end', onClose, children, className = '' }: PopoverProps) {
  const ref = useRef<HTMLDivElement>(null);
  const onCloseRef = useRef(onClose);
  onCloseRef.current = onClose;

  // Before the element leaves: a menu that is out of the page already no longer knows that it had the focus.
  useLayoutEffect(() => {
    const popover = ref.current;
    if (popover === null) return;
    const handlePointerDown = ({ target }: PointerEvent) => {
      // The button that opened it closes it by its own click.
      if (target instanceof Node && !popover.contains(target) && !anchor.contains(target)) onCloseRef.current();
    };
    const handleKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      onCloseRef.current();
    };
    const way = wayFrom(anchor);
    popover.showPopover();
    place(popover, anchor, align);
    popover.querySelector<HTMLElement>('button, input')?.focus({ preventScroll: true });
    document.addEventListener('pointerdown', handlePointerDown, true);
    document.addEventListener('keydown', handleKeyDown, true);
    return () => {
      document.removeEventListener('pointerdown', handlePointerDown, true);
      document.removeEventListener('keydown', handleKeyDown, true);
      const hadFocus = popover.contains(document.activeElement);
      if (popover.matches(':popover-open')) popover.hidePopover();
      if (hadFocus) followWay(way);
    };
  }, [anchor, align]);

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; this groups buttons.
    <div ref={ref} popover="manual" role="group" tabIndex={-1} aria-label={label} className={`popover ${className}`}>
      {children}
    </div>
  );
}
