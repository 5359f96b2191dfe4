/**
 * The first look at a frame, before Hocuspocus spends anything on it. Presence is never worth a connection: too much of it is dropped silently. What no honest client sends
 * ends the socket (`readFrameHead` knows what that is).
 */
import type { ReasonCode } from '@tablo/schema/close-codes';
import type { Limits } from '../../../access/limits/limits.ts';
import type { SocketState } from '../socket-state.ts';
import { FRAME, SYNC_STEP_1 } from './frame-types.ts';
import type { FrameHead } from './read-frame.ts';

/** A presence state has some hundred bytes. */
const MAX_AWARENESS_BYTES = 16 * 1024;
/** Far more than a document's clientIDs need. A state vector above the bound of `JoinAnswers` is answered, but not decoded. */
const MAX_STEP_1_BYTES = 256 * 1024;
/** 10,000 ids, the most that a question may have, are 390 KB. */
const MAX_STATELESS_BYTES = 512 * 1024;

export type Verdict = 'pass' | 'drop' | ReasonCode;

export function judgeFrame(frame: Uint8Array, head: FrameHead, { userId }: SocketState, limits: Limits): Verdict {
  switch (head.type) {
    case FRAME.stateless:
      return frame.byteLength > MAX_STATELESS_BYTES ? 'too-large' : 'pass';
    case FRAME.queryAwareness:
      return 'drop'; // Hocuspocus would encode an answer, and send it to nobody.
    case FRAME.awareness:
      if (frame.byteLength > MAX_AWARENESS_BYTES) return 'drop';
      return userId === null || limits.take('awareness', userId, 1) ? 'pass' : 'drop';
    default:
      return head.step === SYNC_STEP_1 && frame.byteLength > MAX_STEP_1_BYTES ? 'too-large' : 'pass';
  }
}
