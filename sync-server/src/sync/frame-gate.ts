/**
 * The first look at a frame, before Hocuspocus spends anything on it. Presence is never worth a connection: too much of it is dropped without a word. What no honest client sends
 * ends the socket.
 */
import type { ReasonCode } from '@tablo/schema/close-codes';
import type { Limits } from '../access/limits.ts';
import { FRAME, readFrameHead, SYNC_STEP_1 } from './read-frame.ts';
import type { SocketState } from './socket-state.ts';

/** A document's name has 46 bytes at the most, and a session's name is appended to it; every answer repeats both. */
const MAX_NAME_BYTES = 256;
/** A presence state has some hundred bytes. */
const MAX_AWARENESS_BYTES = 16 * 1024;
/** A state vector has some ten bytes for each clientID that ever wrote in the epoch. */
const MAX_STEP_1_BYTES = 256 * 1024;

export type Verdict = 'pass' | 'drop' | ReasonCode;

export function judgeFrame(frame: Uint8Array, { userId }: SocketState, limits: Limits): Verdict {
  const head = readFrameHead(frame);
  if (head === null || head.nameBytes > MAX_NAME_BYTES) return 'invalid-update';
  // A number written in more bytes than it needs: two readers of one frame might see two steps.
  if (head.step !== null && frame[head.stepAt] !== head.step) return 'invalid-update';
  if (head.step === SYNC_STEP_1 && frame.byteLength > MAX_STEP_1_BYTES) return 'too-large';
  if (head.type !== FRAME.awareness) return 'pass';
  if (frame.byteLength > MAX_AWARENESS_BYTES) return 'drop';
  return userId === null || limits.take('awareness', userId, 1) ? 'pass' : 'drop';
}
