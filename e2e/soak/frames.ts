/** Hocuspocus's frames as bytes: document name, message type, payload. A provider would hide what this harness is about. */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

// `MessageType` of @hocuspocus/server.
const SYNC = 0;
const AUTH = 2;
const SYNC_REPLY = 4;
const STATELESS = 5;
const CLOSE = 7;
const SYNC_STATUS = 8;
// Of y-protocols' sync messages, and of an AUTH frame.
const SYNC_STEP_1 = 0;
const SYNC_STEP_2 = 1;
const UPDATE = 2;
const TOKEN = 0;
const DENIED = 1;

export type Frame =
  | { readonly type: 'authenticated' }
  | { readonly type: 'denied' | 'closed'; readonly reason: string }
  | { readonly type: 'asked'; readonly stateVector: Uint8Array }
  | { readonly type: 'state' | 'update'; readonly update: Uint8Array }
  | { readonly type: 'status'; readonly isSaved: boolean }
  | { readonly type: 'stateless'; readonly payload: string }
  | { readonly type: 'other' };

export const encodeToken = (name: string, token: string): Uint8Array =>
  encode(name, AUTH, (encoder) => {
    encoding.writeVarUint(encoder, TOKEN);
    encoding.writeVarString(encoder, token);
    encoding.writeVarString(encoder, '4.0.0'); // The provider's version, which servers only note.
  });

export const encodeQuestion = (name: string, stateVector: Uint8Array): Uint8Array =>
  encodeSync(name, SYNC_STEP_1, stateVector);
export const encodeState = (name: string, update: Uint8Array): Uint8Array => encodeSync(name, SYNC_STEP_2, update);
export const encodeUpdate = (name: string, update: Uint8Array): Uint8Array => encodeSync(name, UPDATE, update);

const encodeSync = (name: string, type: number, bytes: Uint8Array): Uint8Array =>
  encode(name, SYNC, (encoder) => {
    encoding.writeVarUint(encoder, type);
    encoding.writeVarUint8Array(encoder, bytes);
  });

function encode(name: string, type: number, write: (encoder: encoding.Encoder) => void): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarString(encoder, name);
    encoding.writeVarUint(encoder, type);
    write(encoder);
  });
}

export function decode(bytes: Uint8Array): Frame {
  const decoder = decoding.createDecoder(bytes);
  decoding.readVarString(decoder); // The document's name: one document a socket here.
  switch (decoding.readVarUint(decoder)) {
    case SYNC:
    case SYNC_REPLY:
      return decodeSync(decoder);
    case AUTH:
      return decoding.readVarUint(decoder) === DENIED
        ? { type: 'denied', reason: decoding.readVarString(decoder) }
        : { type: 'authenticated' };
    case STATELESS:
      return { type: 'stateless', payload: decoding.readVarString(decoder) };
    case CLOSE:
      return { type: 'closed', reason: decoding.readVarString(decoder) };
    case SYNC_STATUS:
      return { type: 'status', isSaved: decoding.readVarUint(decoder) === 1 };
    default:
      return { type: 'other' };
  }
}

function decodeSync(decoder: decoding.Decoder): Frame {
  const type = decoding.readVarUint(decoder);
  const bytes = decoding.readVarUint8Array(decoder).slice();
  if (type === SYNC_STEP_1) return { type: 'asked', stateVector: bytes };
  return { type: type === SYNC_STEP_2 ? 'state' : 'update', update: bytes };
}
