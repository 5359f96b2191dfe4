/**
 * Reads one element off the bytes of an update (lib0's `any` encoding), in the shape that entries have: a plain object, one level deep, lists of strings only inside
 * `of`. A value of another shape is skipped, so that one such entry does not spoil its neighbours. Nothing is allocated by a claimed length.
 */
import { MAX_UPDATE_ENTRIES } from '@tablo/schema/limits';
import * as decoding from 'lib0/decoding';
import { Malformed } from './run.ts';

const MAX_KEYS = 8;
/** Deeper than anybody's data, and far from the end of the stack. */
const MAX_DEPTH = 32;
const FLAT = 'An entry must be flat: text, numbers, true or false.';

// lib0's tags, counted down from 127.
const ANY = {
  undefined: 127,
  null: 126,
  integer: 125,
  float32: 124,
  float64: 123,
  bigint: 122,
  false: 121,
  true: 120,
  string: 119,
  object: 118,
  array: 117,
  bytes: 116,
};

/** Deeper than can be walked over: no entry, and no update. */
export class TooDeep extends Error {
  constructor() {
    super(FLAT);
  }
}

/** lib0's `readUint8` gives undefined beyond the end instead of throwing, as its other readers do. */
export function readByte(decoder: decoding.Decoder): number {
  if (!decoding.hasContent(decoder)) throw new RangeError('unexpected end');
  return decoding.readUint8(decoder);
}

/** The object, or `Malformed`. Throws where the bytes end early or hold no value. */
export function readEntry(decoder: decoding.Decoder): Readonly<Record<string, unknown>> | Malformed {
  const tag = readByte(decoder);
  if (tag !== ANY.object) {
    skip(decoder, tag, 0);
    return new Malformed('An entry must be a plain object.');
  }
  const keys = decoding.readVarUint(decoder);
  let wrong = keys > MAX_KEYS ? 'An entry has more keys than any that this server knows.' : null;
  const object: Record<string, unknown> = {};
  for (let nth = 0; nth < keys; nth += 1) {
    const key = decoding.readVarString(decoder);
    const value = readValue(decoder);
    if (key === '__proto__') wrong ??= 'An entry has a key that this server does not know.';
    else if (value instanceof Malformed) wrong ??= value.reason;
    else if (nth < MAX_KEYS || key === 'id') object[key] = value;
  }
  return wrong === null ? object : new Malformed(wrong, object['id']);
}

function readValue(decoder: decoding.Decoder): unknown {
  const tag = readByte(decoder);
  switch (tag) {
    case ANY.string:
      return decoding.readVarString(decoder);
    case ANY.integer:
      return decoding.readVarInt(decoder);
    case ANY.float64:
      return decoding.readFloat64(decoder);
    case ANY.float32:
      return decoding.readFloat32(decoder);
    case ANY.true:
      return true;
    case ANY.false:
      return false;
    case ANY.null:
      return null;
    case ANY.undefined:
      return undefined;
    case ANY.array:
      return readStrings(decoder);
    default:
      skip(decoder, tag, 0);
      return new Malformed(FLAT);
  }
}

/** The list in an arrival, which only the server writes but every client sends back to a server that was restored from an older backup. */
function readStrings(decoder: decoding.Decoder): readonly string[] | Malformed {
  const length = decoding.readVarUint(decoder);
  const strings: string[] = [];
  let wrong = length > MAX_UPDATE_ENTRIES ? 'An entry holds a list that is too long.' : null;
  for (let nth = 0; nth < length; nth += 1) {
    const tag = readByte(decoder);
    if (tag === ANY.string && wrong === null) strings.push(decoding.readVarString(decoder));
    else {
      skip(decoder, tag, 1);
      if (tag !== ANY.string) wrong ??= FLAT;
    }
  }
  return wrong === null ? strings : new Malformed(wrong);
}

/** Walks over the value whose tag was read. */
function skip(decoder: decoding.Decoder, tag: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new TooDeep();
  switch (tag) {
    case ANY.undefined:
    case ANY.null:
    case ANY.true:
    case ANY.false:
      return;
    case ANY.integer:
      return void decoding.readVarInt(decoder);
    case ANY.float32:
      return void decoding.readFloat32(decoder);
    case ANY.float64:
      return void decoding.readFloat64(decoder);
    case ANY.bigint:
      return void decoding.readBigInt64(decoder);
    case ANY.string:
      return void decoding.readVarString(decoder);
    case ANY.bytes:
      return void decoding.readVarUint8Array(decoder);
    case ANY.array:
    case ANY.object: {
      const length = decoding.readVarUint(decoder);
      for (let nth = 0; nth < length; nth += 1) {
        if (tag === ANY.object) decoding.readVarString(decoder);
        skip(decoder, readByte(decoder), depth + 1);
      }
      return;
    }
    default:
      throw new RangeError('no value of lib0');
  }
}
