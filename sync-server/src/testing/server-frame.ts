/** What a server says on `/sync` and `/yjs`, frame by frame, as a client hears it. Payloads are views on the frame, not copies. */
import * as decoding from 'lib0/decoding';
import { AUTH_DENIED, AUTHENTICATED, FRAME, SYNC_STEP_1, SYNC_STEP_2 } from '../sync/socket/frames/frame-types.ts';

export type ServerFrame =
  | { readonly type: 'authenticated' | 'other' }
  | { readonly type: 'denied' | 'closed'; readonly reason: string }
  /** The server's first sync step: it asks for what it lacks. */
  | { readonly type: 'asked'; readonly stateVector: Uint8Array }
  /** A second sync step, the whole document for instance; or what came after it. */
  | { readonly type: 'state' | 'update'; readonly update: Uint8Array }
  | { readonly type: 'status'; readonly isSaved: boolean }
  | { readonly type: 'stateless'; readonly payload: string }
  | { readonly type: 'awareness'; readonly update: Uint8Array };

/** From the decoder's position on, where the frame's type stands: after the document's name, or at the beginning on `/yjs`. */
export function readServerFrame(decoder: decoding.Decoder): ServerFrame {
  switch (decoding.readVarUint(decoder)) {
    case FRAME.sync:
    case FRAME.syncReply:
      return readSync(decoder);
    case FRAME.awareness:
      return { type: 'awareness', update: decoding.readVarUint8Array(decoder) };
    case FRAME.auth:
      return readAuth(decoder);
    case FRAME.stateless:
      return { type: 'stateless', payload: decoding.readVarString(decoder) };
    case FRAME.close:
      return { type: 'closed', reason: decoding.readVarString(decoder) };
    case FRAME.syncStatus:
      return { type: 'status', isSaved: decoding.readVarUint(decoder) === 1 };
    default:
      return { type: 'other' };
  }
}

/** The code, where a stateless message is a refusal. For load generators: a schema would cost them more than all the rest. */
export function refusalIn(payload: string): string | null {
  return payload.startsWith('{"type":"refused"') ? (JSON.parse(payload) as { code: string }).code : null;
}

function readAuth(decoder: decoding.Decoder): ServerFrame {
  const kind = decoding.readVarUint(decoder);
  if (kind === AUTH_DENIED) return { type: 'denied', reason: decoding.readVarString(decoder) };
  return { type: kind === AUTHENTICATED ? 'authenticated' : 'other' };
}

function readSync(decoder: decoding.Decoder): ServerFrame {
  const step = decoding.readVarUint(decoder);
  const bytes = decoding.readVarUint8Array(decoder);
  if (step === SYNC_STEP_1) return { type: 'asked', stateVector: bytes };
  return { type: step === SYNC_STEP_2 ? 'state' : 'update', update: bytes };
}
