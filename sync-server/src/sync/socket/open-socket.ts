/** One WebSocket with all that watches it. */
import { REASONS, type ReasonCode } from '@tablo/schema/close-codes';
import type { WebSocket } from 'ws';
import type { FrameProgress } from './frames/frame-progress.ts';
import type { LinkWatch } from './link-watch.ts';
import type { ReaderWatch } from './reader-watch.ts';
import type { SocketState } from './socket-state.ts';

/** How long a client may take to answer a close. */
const FAREWELL_MS = 1_000;

export interface OpenSocket {
  readonly ws: WebSocket;
  readonly state: SocketState;
  readonly link: LinkWatch;
  readonly reader: ReaderWatch;
  readonly frames: FrameProgress;
  /** ms of the sweep's clock. */
  readonly openedAt: number;
}

/** Ends the socket without a close frame: the other end would not read it. Nothing from it is handled any more, whatever `ws` has read already. */
export function drop({ ws, state }: OpenSocket): void {
  state.isEnded = true;
  ws.terminate();
}

/** Sends the close code, handles no more frames, and waits only shortly for the answer. */
export function end({ ws, state }: OpenSocket, reason: ReasonCode): void {
  if (state.isEnded) return;
  state.isEnded = true;
  ws.close(REASONS[reason].close, reason);
  setTimeout(() => ws.terminate(), FAREWELL_MS).unref();
}
