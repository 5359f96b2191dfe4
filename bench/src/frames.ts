/** Hocuspocus's frames, as far as a load generator speaks: document name, message type, payload. */
import * as encoding from 'lib0/encoding';

// `MessageType` of @hocuspocus/server.
export const SYNC = 0;
export const AUTH = 2;
export const SYNC_REPLY = 4;
export const STATELESS = 5;
export const CLOSE = 7;
export const SYNC_STATUS = 8;
// Of y-protocols' sync messages.
export const SYNC_STEP_1 = 0;
export const SYNC_STEP_2 = 1;
export const UPDATE = 2;
// Of an AUTH frame.
const TOKEN = 0;
export const DENIED = 1;
export const AUTHENTICATED = 2;

/** The bytes that every frame of this document begins with. */
export function encodeAddress(documentName: string): Uint8Array {
  return encoding.encode((encoder) => encoding.writeVarString(encoder, documentName));
}

export function encodeAuth(address: Uint8Array, token: string): Uint8Array {
  return encodeFrame(address, (encoder) => {
    encoding.writeVarUint(encoder, AUTH);
    encoding.writeVarUint(encoder, TOKEN);
    encoding.writeVarString(encoder, token);
    encoding.writeVarString(encoder, '4.0.0'); // The provider's version, which servers only note.
  });
}

/** Asks for everything: the state vector of an empty document. */
export function encodeSyncStep1(address: Uint8Array): Uint8Array {
  return encodeFrame(address, (encoder) => {
    encoding.writeVarUint(encoder, SYNC);
    encoding.writeVarUint(encoder, SYNC_STEP_1);
    encoding.writeVarUint8Array(encoder, Uint8Array.of(0));
  });
}

export function encodeUpdate(address: Uint8Array, update: Uint8Array): Uint8Array {
  return encodeFrame(address, (encoder) => {
    encoding.writeVarUint(encoder, SYNC);
    encoding.writeVarUint(encoder, UPDATE);
    encoding.writeVarUint8Array(encoder, update);
  });
}

function encodeFrame(address: Uint8Array, write: (encoder: encoding.Encoder) => void): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeUint8Array(encoder, address);
    write(encoder);
  });
}
