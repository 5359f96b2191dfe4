/**
 * The bytes of appends: for entries that enter by the server's hand (REST, arrivals), and for what admission accepted of a client's update. What a client
 * sent is never stored as it came: Yjs reads the same entries differently when they are listed twice, in another order, or with another origin. The counterpart of
 * `decode-update.ts`.
 */
import { ENTRIES_ROOT } from '@tablo/schema/entry';
import * as encoding from 'lib0/encoding';
import type { ItemId, Run } from './decode-update.ts';

const CONTENT_ANY = 8;
const HAS_ORIGIN = 0x80;

/** A Yjs update (encoding version 1) of `runs`, which must follow each other within a clientID. */
export function encodeRuns(runs: readonly Run[]): Uint8Array {
  const byClient = new Map<number, Run[]>();
  for (const run of runs) {
    const own = byClient.get(run.client);
    if (own === undefined) byClient.set(run.client, [run]);
    else own.push(run);
  }
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, byClient.size);
  // Yjs writes higher clientIDs first (`writeClientsStructs`).
  for (const [client, own] of [...byClient].sort(([left], [right]) => right - left)) {
    encoding.writeVarUint(encoder, own.length);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, own[0]?.clock ?? 0);
    for (const run of own) writeRun(encoder, run);
  }
  encoding.writeVarUint(encoder, 0);
  return encoding.toUint8Array(encoder);
}

/** Appends `entries` as `at.client`, clocks from `at.clock`, after `origin` (null: the array is empty). */
export function encodeAppend(at: ItemId, origin: ItemId | null, entries: readonly unknown[]): Uint8Array {
  return encodeRuns([{ ...at, origin, entries }]);
}

function writeRun(encoder: encoding.Encoder, { origin, entries }: Run): void {
  encoding.writeUint8(encoder, origin === null ? CONTENT_ANY : CONTENT_ANY | HAS_ORIGIN);
  if (origin === null) {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarString(encoder, ENTRIES_ROOT);
  } else {
    encoding.writeVarUint(encoder, origin.client);
    encoding.writeVarUint(encoder, origin.clock);
  }
  encoding.writeVarUint(encoder, entries.length);
  for (const entry of entries) encoding.writeAny(encoder, entry as Parameters<typeof encoding.writeAny>[1]);
}
