/**
 * The bytes of appends: for entries that enter by the server's hand (REST, arrivals), and for what admission accepted of a client's update. What a client
 * sent is never stored as it came: Yjs reads the same entries differently when they are listed twice, in another order, or with another origin. The counterpart of
 * `decode-update.ts`.
 */
import { ENTRIES_ROOT } from '@tablo/schema/entry';
import * as encoding from 'lib0/encoding';
import { type Deletion, type ItemId, type Run, VOID } from './run.ts';

const CONTENT_DELETED = 1;
const CONTENT_ANY = 8;
const HAS_ORIGIN = 0x80;
const HAS_RIGHT_ORIGIN = 0x40;

/** A Yjs update (encoding version 1) of `runs`, which must follow each other within a clientID. Void clocks are deleted content, and named among the deletions. */
export function encodeRuns(runs: readonly Run[]): Uint8Array {
  const byClient = new Map<number, Run[]>();
  for (const run of runs) {
    const own = byClient.get(run.client) ?? [];
    own.push(...divide(run));
    byClient.set(run.client, own);
  }
  // Yjs writes higher clientIDs first (`writeClientsStructs`).
  const sorted = [...byClient].sort(([left], [right]) => right - left);
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, sorted.length);
  for (const [client, own] of sorted) {
    encoding.writeVarUint(encoder, own.length);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, own[0]?.clock ?? 0);
    for (const run of own) writeRun(encoder, run);
  }
  // Whoever holds the content has the structs already: only the deletions take it away (Yjs, `readAndApplyDeleteSet`).
  writeDeletions(
    encoder,
    sorted.flatMap(([, own]) => own.filter(isVoid).map(toDeletion)),
  );
  return encoding.toUint8Array(encoder);
}

/** Appends `entries` as `at.client`, clocks from `at.clock`, after `origin` (null: the array is empty). */
export function encodeAppend(at: ItemId, origin: ItemId | null, entries: readonly unknown[]): Uint8Array {
  return encodeRuns([{ ...at, origin, entries }]);
}

/** Only deletions, for clients that have content at these clocks that the server does not have. One clientID's are in the order of their clocks. */
export function encodeDeletions(places: readonly ItemId[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  writeDeletions(
    encoder,
    places.map((place) => ({ ...place, length: 1 })),
  );
  return encoding.toUint8Array(encoder);
}

const toDeletion = ({ client, clock, entries }: Run): Deletion => ({ client, clock, length: entries.length });
const isVoid = ({ entries }: Run): boolean => entries[0] === VOID;

/** As Yjs splits an item (`splitItem`): each part comes after the one before it, and keeps what stood behind the whole. */
function divide(run: Run): readonly Run[] {
  const parts: Run[] = [];
  let from = 0;
  for (let nth = 1; nth <= run.entries.length; nth += 1) {
    if (nth < run.entries.length && (run.entries[nth] === VOID) === (run.entries[from] === VOID)) continue;
    const clock = run.clock + from;
    const origin = from === 0 ? run.origin : { client: run.client, clock: clock - 1 };
    parts.push({ ...run, clock, origin, entries: run.entries.slice(from, nth) });
    from = nth;
  }
  return parts;
}

function writeRun(encoder: encoding.Encoder, run: Run): void {
  const { origin, rightOrigin, entries } = run;
  const content = isVoid(run) ? CONTENT_DELETED : CONTENT_ANY;
  const flags = (origin === null ? 0 : HAS_ORIGIN) | (rightOrigin === undefined ? 0 : HAS_RIGHT_ORIGIN);
  encoding.writeUint8(encoder, content | flags);
  if (origin !== null) writeId(encoder, origin);
  if (rightOrigin !== undefined) writeId(encoder, rightOrigin);
  if (flags === 0) {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarString(encoder, ENTRIES_ROOT);
  }
  encoding.writeVarUint(encoder, entries.length);
  if (isVoid(run)) return;
  for (const entry of entries) encoding.writeAny(encoder, entry as Parameters<typeof encoding.writeAny>[1]);
}

function writeId(encoder: encoding.Encoder, { client, clock }: ItemId): void {
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
}

function writeDeletions(encoder: encoding.Encoder, deletions: readonly Deletion[]): void {
  const byClient = Map.groupBy(deletions, ({ client }) => client);
  encoding.writeVarUint(encoder, byClient.size);
  for (const [client, own] of byClient) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, own.length);
    for (const { clock, length } of own) {
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarUint(encoder, length);
    }
  }
}
