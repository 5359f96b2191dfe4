/** The bytes of one append, for entries that enter by the server's hand (REST, arrivals). The counterpart of `decode-update.ts`. */
import { ENTRIES_ROOT, type Entry } from '@tablo/schema/entry';
import * as encoding from 'lib0/encoding';
import type { ItemId } from './decode-update.ts';

const CONTENT_ANY = 8;
const HAS_ORIGIN = 0x80;

/** A Yjs update (encoding version 1) that appends `entries` as `at.client`, clocks from `at.clock`, after `origin` (null: the array is empty). */
export function encodeAppend(at: ItemId, origin: ItemId | null, entries: readonly Entry[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint(encoder, at.client);
  encoding.writeVarUint(encoder, at.clock);
  encoding.writeUint8(encoder, origin === null ? CONTENT_ANY : CONTENT_ANY | HAS_ORIGIN);
  if (origin === null) {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarString(encoder, ENTRIES_ROOT);
  } else {
    encoding.writeVarUint(encoder, origin.client);
    encoding.writeVarUint(encoder, origin.clock);
  }
  encoding.writeVarUint(encoder, entries.length);
  for (const entry of entries) encoding.writeAny(encoder, entry as unknown as Parameters<typeof encoding.writeAny>[1]);
  encoding.writeVarUint(encoder, 0);
  return encoding.toUint8Array(encoder);
}
