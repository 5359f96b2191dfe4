/** What a Hocuspocus frame is, read without decoding what it carries: for decisions that must cost nothing. */
import { parseDocumentName } from '@tablo/schema/document-name';
import * as decoding from 'lib0/decoding';

/** Hocuspocus's message types (server/src/types.ts), those that clients send. */
export const FRAME = { sync: 0, awareness: 1, auth: 2, syncReply: 4, stateless: 5 } as const;
export const SYNC_STEP_1 = 0;
export const SYNC_STEP_2 = 1;
export const UPDATE = 2;

export interface FrameHead {
  /** Bytes of the document's name, session included. */
  readonly nameBytes: number;
  readonly type: number;
  /** Of a sync frame: which step, and where in the frame the byte stands that says so. */
  readonly step: number | null;
  readonly stepAt: number;
}

/** `null` for what is too short to be a frame. */
export function readFrameHead(frame: Uint8Array): FrameHead | null {
  try {
    const decoder = decoding.createDecoder(frame);
    const nameBytes = decoding.readVarUint(decoder);
    decoder.pos += nameBytes;
    const type = decoding.readVarUint(decoder);
    const isSync = type === FRAME.sync || type === FRAME.syncReply;
    const stepAt = decoder.pos;
    return { nameBytes, type, stepAt, step: isSync ? decoding.readVarUint(decoder) : null };
  } catch {
    return null;
  }
}

/** The update that a SyncStep2 or an Update carries; a view, not a copy. */
export function readUpdatePayload(frame: Uint8Array): Uint8Array | null {
  const head = readFrameHead(frame);
  if (head === null || (head.step !== SYNC_STEP_2 && head.step !== UPDATE)) return null;
  try {
    const decoder = decoding.createDecoder(frame);
    decoder.pos = head.stepAt;
    decoding.readVarUint(decoder);
    return decoding.readVarUint8Array(decoder);
  } catch {
    return null; // Cut off: Hocuspocus finds out itself.
  }
}

/**
 * Whether the frame may reach Hocuspocus: it remembers every name that it hears, and writes it to the console when it has heard too many. A token may
 * come under any name; it is denied, and forgotten.
 */
export function isAddressed(frame: Uint8Array): boolean {
  const head = readFrameHead(frame);
  if (head === null || head.type === FRAME.auth) return true;
  try {
    const [name = ''] = decoding.readVarString(decoding.createDecoder(frame)).split('\0', 1);
    return parseDocumentName(name) !== null;
  } catch {
    return false; // Not UTF-8: nobody's name.
  }
}
