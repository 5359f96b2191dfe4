/**
 * The grammar of what a client may send, read straight off the bytes of a Yjs update (encoding version 1). Yjs itself accepts far more: garbage-collected
 * runs that swallow a colleague's future clocks, deletions, inserts anywhere, other roots, counts that allocate before they are checked (TRAPS 4.1).
 * Here nothing is skipped or repaired: the first byte outside the grammar refuses the whole update, before anything was allocated for it.
 *
 *   update  = clients { structs client clock { item } } deletions=0
 *   item    = info=ContentAny [origin] [parent='messages', when there is no origin] length { object }
 *   object  = keys { string scalar }                       one level deep; lists of strings only inside `of`
 *
 * Byte values are those of yjs 13 (`src/utils/encoding.js`, `src/structs/Item.js`) and lib0 (`encoding.writeAny`).
 */
import { createRefusal, type Refusal } from '@tablo/schema/close-codes';
import { ENTRIES_ROOT } from '@tablo/schema/entry';
import { MAX_UPDATE_BYTES, MAX_UPDATE_ENTRIES } from '@tablo/schema/limits';
import { err, ok, type Result } from '@tablo/schema/result';
import * as decoding from 'lib0/decoding';

export interface ItemId {
  readonly client: number;
  readonly clock: number;
}

/** Consecutive entries of one clientID: one Yjs struct. */
export interface Run extends ItemId {
  /** The element that was the last one when this was appended; null in an empty array. */
  readonly origin: ItemId | null;
  /** Not validated yet: `parseEntry` is the next step. */
  readonly entries: readonly unknown[];
}

const CONTENT_ANY = 8;
const HAS_ORIGIN = 0x80;
const HAS_RIGHT_ORIGIN = 0x40;
const HAS_PARENT_SUB = 0x20;
const MAX_KEYS = 8;
/** More than one person can have. A client that brings several documents along brings all their clientIDs: that is bounded by its entries. */
export const MAX_CLIENTS = 1_000;
/** Yjs draws them from 32 bits. */
const MAX_CLIENT_ID = 0xffff_ffff;

class OutsideGrammar extends Error {}

const refuse = (message: string): never => {
  throw new OutsideGrammar(message);
};

/** Decodes the payload of a SyncStep2 or an Update. Never throws; an empty update gives no runs. */
export function decodeUpdate(update: Uint8Array, maxClients = MAX_CLIENTS): Result<readonly Run[], Refusal> {
  if (update.byteLength > MAX_UPDATE_BYTES) {
    return err(
      createRefusal(
        'too-large',
        `An update may have ${MAX_UPDATE_BYTES} bytes; this one has ${update.byteLength}. Send it in parts.`,
      ),
    );
  }
  const decoder = decoding.createDecoder(update);
  try {
    const runs = readClients(decoder, maxClients);
    if (decoding.readVarUint(decoder) !== 0) refuse('The update deletes something; entries are only ever appended.');
    if (decoding.hasContent(decoder)) refuse('The update goes on after its end.');
    return ok(runs);
  } catch (error) {
    if (error instanceof TooMany) return err(createRefusal('too-large', error.message));
    const message =
      error instanceof OutsideGrammar
        ? error.message
        : 'The update is damaged: it ends early or holds a value that cannot be read.';
    return err(createRefusal('invalid-update', message));
  }
}

class TooMany extends Error {}

function readClients(decoder: decoding.Decoder, maxClients: number): readonly Run[] {
  const clients = decoding.readVarUint(decoder);
  if (clients > maxClients) refuse('The update speaks for more clientIDs than one person can have.');
  const runs: Run[] = [];
  let entries = 0;
  for (let nth = 0; nth < clients; nth += 1) {
    const structs = decoding.readVarUint(decoder);
    const client = decoding.readVarUint(decoder);
    let clock = decoding.readVarUint(decoder);
    if (client > MAX_CLIENT_ID) refuse('A clientID has 32 bits.');
    for (let struct = 0; struct < structs; struct += 1) {
      const run = readRun(decoder, client, clock, MAX_UPDATE_ENTRIES - entries);
      entries += run.entries.length;
      clock += run.entries.length;
      if (!Number.isSafeInteger(clock)) refuse('The update counts beyond every clock.');
      runs.push(run);
    }
  }
  return runs;
}

function readRun(decoder: decoding.Decoder, client: number, clock: number, room: number): Run {
  const info = readByte(decoder);
  if ((info & 0x1f) !== CONTENT_ANY) refuse('The update holds something other than plain objects.');
  if ((info & HAS_RIGHT_ORIGIN) !== 0) refuse('The update inserts in the middle; entries are only ever appended.');
  if ((info & HAS_PARENT_SUB) !== 0) refuse('The update sets a key; entries are only ever appended.');
  const origin =
    (info & HAS_ORIGIN) !== 0 ? { client: decoding.readVarUint(decoder), clock: decoding.readVarUint(decoder) } : null;
  if (origin === null) assertParent(decoder);
  const length = decoding.readVarUint(decoder);
  if (length === 0) refuse('The update holds an empty run.');
  if (length > room) throw new TooMany(`An update may hold ${MAX_UPDATE_ENTRIES} entries. Send it in parts.`);
  const entries: unknown[] = [];
  for (let nth = 0; nth < length; nth += 1) entries.push(readObject(decoder));
  return { client, clock, origin, entries };
}

/** lib0's `readUint8` gives undefined beyond the end instead of throwing, as its other readers do. */
function readByte(decoder: decoding.Decoder): number {
  if (!decoding.hasContent(decoder)) throw new RangeError('unexpected end');
  return decoding.readUint8(decoder);
}

function assertParent(decoder: decoding.Decoder): void {
  const isRoot = decoding.readVarUint(decoder) === 1;
  if (!isRoot || decoding.readVarString(decoder) !== ENTRIES_ROOT)
    refuse(`The update touches something other than the root '${ENTRIES_ROOT}'.`);
}

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
};

function readObject(decoder: decoding.Decoder): Readonly<Record<string, unknown>> {
  if (readByte(decoder) !== ANY.object) refuse('An entry must be a plain object.');
  const keys = decoding.readVarUint(decoder);
  if (keys > MAX_KEYS) refuse('An entry has more keys than any that this server knows.');
  const object: Record<string, unknown> = {};
  for (let nth = 0; nth < keys; nth += 1) {
    const key = decoding.readVarString(decoder);
    if (key === '__proto__') refuse('An entry has a key that this server does not know.');
    object[key] = readScalar(decoder);
  }
  return object;
}

function readScalar(decoder: decoding.Decoder): unknown {
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
      return refuse('An entry must be flat: text, numbers, true or false.');
  }
}

/** The list in an arrival, which only the server writes but every client sends back to a server that was restored from an older backup. */
function readStrings(decoder: decoding.Decoder): readonly string[] {
  const length = decoding.readVarUint(decoder);
  if (length > MAX_UPDATE_ENTRIES) refuse('An entry holds a list that is too long.');
  const strings: string[] = [];
  for (let nth = 0; nth < length; nth += 1) {
    if (readByte(decoder) !== ANY.string) refuse('An entry must be flat: text, numbers, true or false.');
    strings.push(decoding.readVarString(decoder));
  }
  return strings;
}
