import { type PointerEvent, useRef } from 'react';

const LONG_PRESS_MS = 450;
const MOVED_PX = 10;

interface Press {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly x: number;
  readonly y: number;
}

/** A finger that rests. Moving, lifting and scrolling end it; a mouse has the toolbar instead. */
export function useLongPress(onLongPress: () => void) {
  const press = useRef<Press | null>(null);

  const end = () => {
    if (press.current !== null) clearTimeout(press.current.timer);
    press.current = null;
  };

  return {
    onPointerDown: (event: PointerEvent) => {
      end();
      if (event.pointerType === 'mouse') return;
      const timer = setTimeout(() => {
        press.current = null;
        onLongPress();
      }, LONG_PRESS_MS);
      press.current = { timer, x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: PointerEvent) => {
      const at = press.current;
      if (at !== null && Math.hypot(event.clientX - at.x, event.clientY - at.y) > MOVED_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
