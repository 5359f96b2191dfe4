/** Cuts a backlog into updates. One by one: of a long backlog only what may go now is looked at. */
import type { MemberEntry } from '@tablo/schema/entry';

/** Far below what the server takes, so that a long backlog shows progress and other tablos get their turn. */
const CHUNK_ENTRIES = 500;
const CHUNK_BYTES = 512 * 1024;

export interface Chunk {
  readonly entries: readonly MemberEntry[];
  readonly bytes: number;
}

export function* chunksOf(entries: readonly MemberEntry[]): Generator<Chunk> {
  const encoder = new TextEncoder();
  let chunk: MemberEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = encoder.encode(JSON.stringify(entry)).length;
    if (chunk.length >= CHUNK_ENTRIES || (chunk.length > 0 && bytes + size > CHUNK_BYTES)) {
      yield { entries: chunk, bytes };
      chunk = [];
      bytes = 0;
    }
    chunk.push(entry);
    bytes += size;
  }
  if (chunk.length > 0) yield { entries: chunk, bytes };
}
