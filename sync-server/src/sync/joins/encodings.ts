/**
 * Encodes the answers to joins. There is one full encoding for each version of a document, shared by all joins. The difference for a member with an older state is
 * encoded for that member, and is smaller. Encodings are cached up to a bound: the least recently used one is dropped.
 */
import type { Document } from '@hocuspocus/server';
import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';

const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** A document has some thousand clientIDs at the most, each some ten bytes. A client that sends a longer vector gets the answer for an empty document. */
export const MAX_VECTOR_BYTES = 16 * 1024;
/** The cost of the smallest answer: reading the vector, and walking over the document's clientIDs. */
const MIN_COST_BYTES = 1_024;

export interface Answer {
  /** Bytes, as far as they can be estimated before anything is encoded. */
  readonly cost: number;
  encode(): Uint8Array;
}

interface Held {
  full: Uint8Array | null;
  /** The answer for a member who lacks nothing. */
  none: Uint8Array | null;
  vector: Uint8Array | null;
  /** Bytes of the full state, never less than the true size. Null: not known. */
  bytes: number | null;
}

export class Encodings {
  readonly #held = new WeakMap<Document, Held>();
  /** Documents with a cached full encoding, the most recently used one last. */
  readonly #recent = new Set<Held>();
  readonly #loadedSize: (document: Document) => number | undefined;
  #bytes = 0;
  #made = 0;

  /** `loadedSize`: bytes of the loaded snapshot and of the updates since, where known: then the size is known without encoding the document. */
  constructor(loadedSize: (document: Document) => number | undefined = () => undefined) {
    this.#loadedSize = loadedSize;
  }

  /** Number of full states that were encoded: one for each requested version. */
  get made(): number {
    return this.#made;
  }

  /** Bytes of the full state, or a little more. */
  sizeOf(document: Document): number {
    const held = this.#of(document);
    held.bytes ??= this.#loadedSize(document) ?? null;
    return held.bytes ?? this.#full(document).byteLength;
  }

  vectorOf(document: Document): Uint8Array {
    const held = this.#of(document);
    held.vector ??= Y.encodeStateVector(document);
    return held.vector;
  }

  /** The answer for a member with the state `vector`. An unreadable vector counts as empty. */
  answer(document: Document, vector: Uint8Array): Answer {
    const size = this.sizeOf(document);
    const known = readVector(vector);
    const { lacking, total } = known === null ? { lacking: 1, total: 1 } : compare(document, known);
    // Yjs skips what it has already: sending the whole document is cheaper than encoding more than half of it for one member.
    if (known === null || 2 * lacking > total)
      return { cost: Math.max(size, MIN_COST_BYTES), encode: () => this.#full(document) };
    if (lacking === 0) return { cost: MIN_COST_BYTES, encode: () => this.#none(document) };
    const cost = Math.max(MIN_COST_BYTES, Math.ceil((size * lacking) / total));
    return { cost, encode: () => Y.encodeStateAsUpdate(document, vector) };
  }

  #full(document: Document): Uint8Array {
    const held = this.#of(document);
    if (held.full === null) {
      held.full = Y.encodeStateAsUpdate(document);
      held.bytes = held.full.byteLength;
      this.#made += 1;
      this.#bytes += held.bytes;
    }
    this.#recent.delete(held);
    this.#recent.add(held);
    const { full } = held;
    for (const oldest of this.#recent) {
      if (this.#bytes <= MAX_HELD_BYTES || oldest === held) break;
      this.#drop(oldest);
    }
    return full;
  }

  #none(document: Document): Uint8Array {
    const held = this.#of(document);
    held.none ??= Y.encodeStateAsUpdate(document, this.vectorOf(document));
    return held.none;
  }

  #of(document: Document): Held {
    const known = this.#held.get(document);
    if (known !== undefined) return known;
    const held: Held = { full: null, none: null, vector: null, bytes: null };
    this.#held.set(document, held);
    document.on('update', (update: Uint8Array) => {
      this.#drop(held);
      held.none = null;
      held.vector = null;
      if (held.bytes !== null) held.bytes += update.byteLength;
    });
    document.on('destroy', () => this.#drop(held));
    return held;
  }

  #drop(held: Held): void {
    if (held.full === null) return;
    this.#bytes -= held.full.byteLength;
    held.full = null;
    this.#recent.delete(held);
  }
}

function readVector(vector: Uint8Array): ReadonlyMap<number, number> | null {
  try {
    const decoder = decoding.createDecoder(vector);
    const known = new Map<number, number>();
    for (let left = decoding.readVarUint(decoder); left > 0; left -= 1) {
      const client = decoding.readVarUint(decoder);
      known.set(client, decoding.readVarUint(decoder));
    }
    return known;
  } catch {
    return null; // Ends early.
  }
}

/** Measured in elements: the entries of a conversation have similar sizes. */
function compare(document: Document, known: ReadonlyMap<number, number>): { lacking: number; total: number } {
  let lacking = 0;
  let total = 0;
  for (const client of document.store.clients.keys()) {
    const length = Y.getState(document.store, client);
    total += length;
    lacking += Math.max(0, length - (known.get(client) ?? 0));
  }
  return { lacking, total };
}
