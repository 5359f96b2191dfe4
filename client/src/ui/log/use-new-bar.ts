import { useEffect, useRef, useState } from 'react';
import type { RoomView } from '../../chat/chat.ts';
import type { Side } from './log-places.ts';
import { useIsLooking } from './use-is-looking.ts';

interface NewBarOptions {
  readonly view: RoomView;
  readonly unreadCount: number;
  readonly isAtBottom: boolean;
  /** The position of the first new message relative to the view; `null`: unknown. */
  readonly side: Side | null;
}

/**
 * `isHeld`: new messages are there, and the reader has not seen the first of them, so standing at the end does not read them. `isShown`: a bar tells of
 * them, unless all of them are in view, or came below while one reads further up: the button there tells of those.
 */
export function useNewBar({ view, unreadCount, isAtBottom, side }: NewBarOptions) {
  const { hasUnseen } = view;
  const isLooking = useIsLooking();
  const [wasSeen, setWasSeen] = useState(false);
  /** These were there when the tablo was opened. */
  const wasThere = useRef(unreadCount > 0);
  // Who comes from above passes it.
  const isSeen = wasSeen || (isLooking && (side === 'in view' || side === 'below'));

  useEffect(() => setWasSeen(hasUnseen && isSeen), [hasUnseen, isSeen]);
  useEffect(() => {
    if (!hasUnseen) return;
    return () => {
      wasThere.current = false;
    };
  }, [hasUnseen]);

  const isHeld = hasUnseen && !isSeen;
  const isBelow = side === 'below';
  const isTold = (isBelow && !wasThere.current) || (isAtBottom && !isHeld);
  return { isHeld, isBelow, isShown: hasUnseen && unreadCount > 0 && !isTold };
}
