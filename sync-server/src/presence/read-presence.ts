/**
 * Reads a client's awareness frame. We do not leave that to Hocuspocus, which creates a document and a timer for each frame, ignores explicit removals, and ends the connection of a client
 * that sends a damaged one (TRAPS 1.6).
 */
import * as decoding from 'lib0/decoding';

/** One clientID of the frame. */
export interface Peer {
  readonly client: number;
  readonly clock: number;
  /** As it was sent; `null` says that this client has gone. */
  readonly json: string;
}

/** What an awareness frame carries; nothing where it is damaged. */
export function readPresence(update: Uint8Array): readonly Peer[] {
  try {
    const decoder = decoding.createDecoder(update);
    const peers: Peer[] = [];
    for (let left = decoding.readVarUint(decoder); left > 0; left -= 1) {
      const client = decoding.readVarUint(decoder);
      const clock = decoding.readVarUint(decoder);
      peers.push({ client, clock, json: decoding.readVarString(decoder) });
    }
    return peers;
  } catch {
    return [];
  }
}
