/** Reads the head of a Hocuspocus frame without decoding its content, for decisions that must be cheap. */
import { parseDocumentName } from '@tablo/schema/document-name';
import * as decoding from 'lib0/decoding';
import { AUTH_TOKEN, FRAME, SYNC_STEP_2, UPDATE } from './frame-types.ts';

/** A name of 46 bytes at the most, and a session's name; every answer repeats both. */
const MAX_ADDRESS_BYTES = 256;

export interface FrameHead {
  /** The document's name, and after a NUL the session's where there is one. */
  readonly address: string;
  readonly type: number;
  readonly typeAt: number;
  /** Of a sync frame. */
  readonly step: number | null;
  /** Offset of the byte after the type. */
  readonly bodyAt: number;
}

/**
 * `null` for a frame that neither our client nor an unmodified one sends: an address that is too long or not UTF-8, a type or step written in more bytes than it needs
 * (two readers of one frame might see two things), a body that does not go with the type. All other frames are read by Hocuspocus without an exception.
 */
export function readFrameHead(frame: Uint8Array): FrameHead | null {
  try {
    const decoder = decoding.createDecoder(frame);
    const length = decoding.peekVarUint(decoder);
    if (length > MAX_ADDRESS_BYTES || length > frame.byteLength) return null;
    const address = decoding.readVarString(decoder);
    const typeAt = decoder.pos;
    const type = decoding.readVarUint(decoder);
    const bodyAt = decoder.pos;
    if (frame[typeAt] !== type) return null;
    const isSync = type === FRAME.sync || type === FRAME.syncReply;
    const step = isSync ? decoding.peekVarUint(decoder) : null;
    return hasBody(decoder, type) ? { address, type, typeAt, step, bodyAt } : null;
  } catch {
    return null; // Not UTF-8, or cut off.
  }
}

/** Whether the rest of the frame is what its type promises. Throws where it ends early. */
function hasBody(decoder: decoding.Decoder, type: number): boolean {
  const first = decoder.arr[decoder.pos];
  switch (type) {
    case FRAME.sync:
    case FRAME.syncReply:
      if (decoding.readVarUint(decoder) !== first || first > UPDATE) return false;
      return isWhole(decoder);
    case FRAME.awareness:
      return isWhole(decoder);
    case FRAME.auth:
      if (decoding.readVarUint(decoder) !== first || first !== AUTH_TOKEN) return false;
      decoding.readVarString(decoder);
      if (decoding.hasContent(decoder)) decoding.readVarString(decoder);
      return true;
    case FRAME.stateless:
      decoding.readVarString(decoder);
      return true;
    case FRAME.queryAwareness:
    case FRAME.close:
      return true;
    default:
      return false;
  }
}

/** lib0 reads an array that ends early as a shorter one. */
function isWhole(decoder: decoding.Decoder): boolean {
  const length = decoding.readVarUint(decoder);
  return decoder.pos + length <= decoder.arr.byteLength;
}

/** What a sync or awareness frame carries; a view, not a copy. */
export function readPayload(frame: Uint8Array, head: FrameHead): Uint8Array {
  const decoder = decoding.createDecoder(frame);
  decoder.pos = head.bodyAt;
  if (head.step !== null) decoding.readVarUint(decoder);
  return decoding.readVarUint8Array(decoder);
}

/** The update that a SyncStep2 or an Update carries; a view, not a copy. */
export function readUpdatePayload(frame: Uint8Array): Uint8Array | null {
  const head = readFrameHead(frame);
  return head?.step === SYNC_STEP_2 || head?.step === UPDATE ? readPayload(frame, head) : null;
}

/** Of an authentication. */
export function readToken(frame: Uint8Array, head: FrameHead): string {
  const decoder = decoding.createDecoder(frame);
  decoder.pos = head.bodyAt + 1;
  return decoding.readVarString(decoder);
}

/** Of the document, without its session; not necessarily a name that a document can have. */
export function documentOf({ address }: Pick<FrameHead, 'address'>): string {
  const end = address.indexOf('\0');
  return end < 0 ? address : address.slice(0, end);
}

/**
 * Whether the frame may reach Hocuspocus: it remembers every document name that it receives. A token may come under any name; it is denied, and forgotten. But for names that
 * every JavaScript object has something under: Hocuspocus keeps its documents in one.
 */
export function isAddressed(head: FrameHead): boolean {
  const document = documentOf(head);
  if (document in {} || head.address in {}) return false;
  return head.type === FRAME.auth || parseDocumentName(document) !== null;
}

/**
 * Turns the frame into an empty stateless message, which Hocuspocus reads and nobody answers. Used for frames that were handled before Hocuspocus, and for frames that come after a
 * connection's end, where an exception would have the same effect but be printed.
 */
export function muteFrame(frame: Uint8Array, { typeAt, bodyAt }: FrameHead): void {
  if (bodyAt >= frame.byteLength) return; // It carries nothing: a close.
  frame[typeAt] = FRAME.stateless;
  frame[bodyAt] = 0;
}
