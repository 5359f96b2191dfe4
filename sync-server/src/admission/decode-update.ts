/**
 * The grammar of what a client may send, read straight off the bytes of a Yjs update (encoding version 1). Yjs itself accepts far more: garbage-collected
 * runs that swallow a colleague's future clocks, deletions, inserts anywhere, other roots, counts that allocate before they are checked (TRAPS 4.1).
 * Here nothing is skipped or repaired: the first byte outside the grammar refuses the whole update, before anything was allocated for it.
 *
 *   update    = clients { structs client clock { item } } deletions
 *   item      = info=ContentAny [origin] [right origin] [parent='messages', when there is neither] length { any }
 *             | info=ContentDeleted … length
 *   deletions = clients { client ranges { clock length } }    in the order of their clocks
 *
 * Whether an element is an entry is not a question of this grammar (`read-entry.ts`), and neither is whether the deletions are the server's own: that is admission's.
 *
 * Byte values are those of yjs 13 (`src/utils/encoding.js`, `src/structs/Item.js`) and lib0 (`encoding.writeAny`).
 */
import { createRefusal, type Refusal } from '@tablo/schema/close-codes';
import { ENTRIES_ROOT } from '@tablo/schema/entry';
import { MAX_UPDATE_BYTES, MAX_UPDATE_ENTRIES } from '@tablo/schema/limits';
import { err, ok, type Result } from '@tablo/schema/result';
import * as decoding from 'lib0/decoding';
import { readByte, readEntry, TooDeep } from './read-entry.ts';
import { type Deletion, type ItemId, type Run, type Update, VOID } from './run.ts';

const CONTENT_DELETED = 1;
const CONTENT_ANY = 8;
const HAS_ORIGIN = 0x80;
const HAS_RIGHT_ORIGIN = 0x40;
const HAS_PARENT_SUB = 0x20;
/** More clientIDs than one person can have. A client that brings several documents brings all their clientIDs, which the number of entries bounds. */
export const MAX_CLIENTS = 1_000;
/** Yjs draws them from 32 bits. */
const MAX_CLIENT_ID = 0xffff_ffff;

class OutsideGrammar extends Error {}

const refuse = (message: string): never => {
  throw new OutsideGrammar(message);
};

/** Decodes the payload of a SyncStep2 or an Update. Never throws; an empty update gives no runs. */
export function decodeUpdate(update: Uint8Array, maxClients = MAX_CLIENTS): Result<Update, Refusal> {
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
    const deletions = readDeletions(decoder);
    if (decoding.hasContent(decoder)) refuse('The update goes on after its end.');
    return ok({ runs: deletions.length === 0 ? runs : markDeleted(runs, deletions), deletions });
  } catch (error) {
    if (error instanceof TooMany) return err(createRefusal('too-large', error.message));
    const message =
      error instanceof OutsideGrammar || error instanceof TooDeep
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

function readRun(decoder: decoding.Decoder, client: number, clock: number, remaining: number): Run {
  const info = readByte(decoder);
  const content = info & 0x1f;
  if (content !== CONTENT_ANY && content !== CONTENT_DELETED)
    refuse('The update holds something other than plain objects.');
  if ((info & HAS_PARENT_SUB) !== 0) refuse('The update sets a key; entries are only ever appended.');
  const origin = (info & HAS_ORIGIN) !== 0 ? readId(decoder) : null;
  const rightOrigin = (info & HAS_RIGHT_ORIGIN) !== 0 ? readId(decoder) : null;
  if (origin === null && rightOrigin === null) assertParent(decoder);
  const length = decoding.readVarUint(decoder);
  if (length === 0) refuse('The update holds an empty run.');
  if (length > remaining) throw new TooMany(`An update may hold ${MAX_UPDATE_ENTRIES} entries. Send it in parts.`);
  const entries: unknown[] = [];
  for (let nth = 0; nth < length; nth += 1) entries.push(content === CONTENT_ANY ? readEntry(decoder) : VOID);
  return { client, clock, origin, ...(rightOrigin === null ? {} : { rightOrigin }), entries };
}

function readId(decoder: decoding.Decoder): ItemId {
  return { client: decoding.readVarUint(decoder), clock: decoding.readVarUint(decoder) };
}

/** Of everybody in the document. Yjs sorts and joins them before it writes them (`sortAndMergeDeleteSet`). */
function readDeletions(decoder: decoding.Decoder): readonly Deletion[] {
  const clients = decoding.readVarUint(decoder);
  const deletions: Deletion[] = [];
  const seen = new Set<number>();
  for (let nth = 0; nth < clients; nth += 1) {
    const client = decoding.readVarUint(decoder);
    const ranges = decoding.readVarUint(decoder);
    if (seen.has(client)) refuse('The update lists the deletions of a clientID twice.');
    seen.add(client);
    let end = 0;
    for (let range = 0; range < ranges; range += 1) {
      const clock = decoding.readVarUint(decoder);
      const length = decoding.readVarUint(decoder);
      if (clock < end || length === 0) refuse('The update lists deletions that overlap or are empty.');
      end = clock + length;
      if (!Number.isSafeInteger(end)) refuse('The update counts beyond every clock.');
      if (deletions.length >= MAX_UPDATE_ENTRIES)
        throw new TooMany(`An update may name ${MAX_UPDATE_ENTRIES} deletions.`);
      deletions.push({ client, clock, length });
    }
  }
  return deletions;
}

/** What a document pushed and deleted again may come with its content. */
function markDeleted(runs: readonly Run[], deletions: readonly Deletion[]): readonly Run[] {
  const byClient = Map.groupBy(deletions, ({ client }) => client);
  return runs.map((run) => {
    const own = byClient.get(run.client);
    if (own === undefined) return run;
    return {
      ...run,
      entries: run.entries.map((entry, nth) => (isAmong(own, run.clock + nth) ? VOID : entry)),
    };
  });
}

/** `ranges` of one clientID. */
function isAmong(ranges: readonly Deletion[], clock: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle] as Deletion;
    if (clock < range.clock) high = middle;
    else if (clock >= range.clock + range.length) low = middle + 1;
    else return true;
  }
  return false;
}

function assertParent(decoder: decoding.Decoder): void {
  const isRoot = decoding.readVarUint(decoder) === 1;
  if (!isRoot || decoding.readVarString(decoder) !== ENTRIES_ROOT)
    refuse(`The update touches something other than the root '${ENTRIES_ROOT}'.`);
}
