/**
 * Hocuspocus swallows explicit removals: a state of `null` is decoded into "no state" and sent on as nothing, so peers go on showing the user (TRAPS 1.6c).
 * This reads them off the raw frame.
 */
import * as decoding from 'lib0/decoding';

const AWARENESS = 1;

/** ClientIDs that an awareness frame (document name, type, payload) removes; none for any other frame. Never throws. */
export function readRemovedClients(frame: Uint8Array): readonly number[] {
  try {
    const decoder = decoding.createDecoder(frame);
    decoding.readVarString(decoder);
    if (decoding.readVarUint(decoder) !== AWARENESS) return [];
    const update = decoding.createDecoder(decoding.readVarUint8Array(decoder));
    const removed: number[] = [];
    for (let left = decoding.readVarUint(update); left > 0; left -= 1) {
      const client = decoding.readVarUint(update);
      decoding.readVarUint(update); // its clock
      if (decoding.readVarString(update) === 'null') removed.push(client);
    }
    return removed;
  } catch {
    return []; // Damaged: Hocuspocus refuses the frame itself.
  }
}
