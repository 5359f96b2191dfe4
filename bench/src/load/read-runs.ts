/**
 * Counts what an update brings without building it: a Y.Doc for each of hundreds of clients would make the load generator the bottleneck.
 * Trusts the server's bytes (encoding version 1 of yjs 13); anything but plain entries is a mistake of ours and throws.
 */
import * as decoding from 'lib0/decoding';

/** `length` entries of one clientID from `clock` on. */
export type VisitRun = (client: number, clock: number, length: number) => void;

const SKIP = 10;
const CONTENT_ANY = 8;
const HAS_ORIGIN = 0x80;
const HAS_RIGHT_ORIGIN = 0x40;

/** Reads an update from the decoder's position; what comes after its structs is left. */
export function readRuns(decoder: decoding.Decoder, visit: VisitRun): void {
  for (let clients = decoding.readVarUint(decoder); clients > 0; clients -= 1) {
    let structs = decoding.readVarUint(decoder);
    const client = decoding.readVarUint(decoder);
    let clock = decoding.readVarUint(decoder);
    for (; structs > 0; structs -= 1) {
      const info = decoding.readUint8(decoder);
      const length = (info & 0x1f) === SKIP ? decoding.readVarUint(decoder) : skipItem(decoder, info);
      if ((info & 0x1f) !== SKIP) visit(client, clock, length);
      clock += length;
    }
  }
}

function skipItem(decoder: decoding.Decoder, info: number): number {
  if ((info & 0x1f) !== CONTENT_ANY) throw new Error(`The server sent a struct of type ${info & 0x1f}.`);
  if ((info & HAS_ORIGIN) !== 0) skipId(decoder);
  if ((info & HAS_RIGHT_ORIGIN) !== 0) skipId(decoder);
  if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) {
    decoding.readVarUint(decoder); // A root's name follows, always.
    skipBytes(decoder);
  }
  const length = decoding.readVarUint(decoder);
  for (let nth = 0; nth < length; nth += 1) skipAny(decoder);
  return length;
}

function skipId(decoder: decoding.Decoder): void {
  decoding.readVarUint(decoder);
  decoding.readVarUint(decoder);
}

function skipBytes(decoder: decoding.Decoder): void {
  const length = decoding.readVarUint(decoder);
  decoder.pos += length;
}

/** One value of lib0's `writeAny`. */
function skipAny(decoder: decoding.Decoder): void {
  const tag = decoding.readUint8(decoder);
  switch (tag) {
    case 119: // string
      return skipBytes(decoder);
    case 125: // integer
      return void decoding.readVarInt(decoder);
    case 124: // float32
      decoder.pos += 4;
      return;
    case 123: // float64
    case 122: // bigint
      decoder.pos += 8;
      return;
    case 118: // object
      for (let keys = decoding.readVarUint(decoder); keys > 0; keys -= 1) {
        skipBytes(decoder);
        skipAny(decoder);
      }
      return;
    case 117: // array
      for (let items = decoding.readVarUint(decoder); items > 0; items -= 1) skipAny(decoder);
      return;
    case 120: // true
    case 121: // false
    case 126: // null
    case 127: // undefined
      return;
    default:
      throw new Error(`The server sent a value with tag ${tag}.`);
  }
}
