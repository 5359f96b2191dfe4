/** What Hocuspocus writes to, and what we send documents through: the bytes of a whole document are the same for everybody, and held once. */
import type { WebSocketLike } from '@hocuspocus/server';

export interface SharedSocket extends WebSocketLike {
  /**
   * One frame, of two parts: `head` belongs to this receiver (address, type, length), `body` is shared and not copied. `onFlushed` is called when the frame has left the process, or never will.
   */
  sendShared(head: Uint8Array, body: Uint8Array, onFlushed: () => void): void;
}
