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

/** A header's worth of characters, and a name. */
const MAX_TOKEN_FRAME_BYTES = 32 * 1024;

/** A token of usual size: not counted among what waits, since nobody keeps it. A larger one is denied. */
export function isToken(frame: Uint8Array, head: FrameHead | null): boolean {
  return head?.type === FRAME.auth && frame.byteLength <= MAX_TOKEN_FRAME_BYTES;
}

/** Of the document, without its session; null for what is no document's name, which need not be one that exists. */
export function readDocumentName(frame: Uint8Array): string | null {
  try {
    const [name = ''] = decoding.readVarString(decoding.createDecoder(frame)).split('\0', 1);
    return parseDocumentName(name) === null ? null : name;
  } catch {
    return null; // Not UTF-8, or cut off: nobody's name.
  }
}

/**
 * Whether the frame may reach Hocuspocus: it remembers every name that it hears, and writes it to the console when it has heard too many. A token may
 * come under any name; it is denied, and forgotten. `name`: as `readDocumentName` has read it.
 */
export function isAddressed(frame: Uint8Array, name: string | null): boolean {
  if (name !== null) return true;
  const head = readFrameHead(frame);
  return head === null || head.type === FRAME.auth;
}
