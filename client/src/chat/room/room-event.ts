/** All that may happen to a tablo, told by its parts. `Room` alone decides what follows. */
import type { DeliveryNews } from '../delivery/delivery.ts';
import type { HomeEvent } from '../replica/room-home.ts';

export type RoomEvent =
  | HomeEvent
  | DeliveryNews
  /** What is on the screen, or what the list of tablos shows of it, has changed. */
  | { readonly type: 'shown' }
  /** There is a draft that was not there before, or none any more. */
  | { readonly type: 'draft'; readonly isWritten: boolean }
  /** A read position may be reported that could not be before. */
  | { readonly type: 'read-reportable' }
  /** Nothing waits for this tablo any more that did a moment ago. */
  | { readonly type: 'idle' };

/** The way of a part to tell the events that are its own. */
export type Dispatch<Type extends RoomEvent['type']> = (event: Extract<RoomEvent, { type: Type }>) => void;
