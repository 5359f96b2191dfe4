/**
 * Tokens of JSON → pieces. Objects at the top, in a list at the top, or in a list `channels` are *containers*: their long lists are handed out one element at a time and never
 * held; everything else is built as it stands. No recursion: a value may nest as deep as it likes.
 */

/** A token of stream-json, with keys, strings and numbers packed. */
export interface Token {
  readonly name: string;
  readonly value?: unknown;
}

export type JsonObject = Record<string, unknown>;

export interface Piece {
  /** Counts containers, from 1. */
  readonly container: number;
  /** The list that `value` is an element of; null: the container itself, at its end, without its lists. */
  readonly list: ContainerList | null;
  readonly value: unknown;
  /** What was read of the container so far. */
  readonly head: JsonObject;
}

const LISTS = ['messages', 'members', 'read', 'reads', 'users'] as const;
export type ContainerList = (typeof LISTS)[number];
const isList = (key: string | null): key is ContainerList => LISTS.includes(key as ContainerList);

interface Frame {
  readonly value: JsonObject | unknown[];
  /** Under which it stands in the frame below it, where that is an object. */
  readonly at: string | null;
  key: string | null;
  /** Of a container: its number; else 0. */
  readonly container: number;
  /** Its elements are handed out, as elements of this list. */
  readonly list: ContainerList | null;
  /** Its objects are containers. */
  readonly holdsContainers: boolean;
}

export class PieceBuilder {
  readonly #frames: Frame[] = [];
  #containers = 0;

  push({ name, value }: Token): Piece | null {
    switch (name) {
      case 'startObject':
        this.#open({});
        return null;
      case 'startArray':
        this.#open([]);
        return null;
      case 'endObject':
      case 'endArray':
        return this.#close();
      case 'keyValue': {
        const frame = this.#frames.at(-1);
        if (frame !== undefined) frame.key = String(value);
        return null;
      }
      case 'numberValue':
        return this.#put(Number(value));
      default:
        return this.#put(value);
    }
  }

  #open(value: JsonObject | unknown[]): void {
    const below = this.#frames.at(-1);
    const isArray = Array.isArray(value);
    const inContainer = below !== undefined && below.container > 0;
    const isContainer = !isArray && (below === undefined || below.holdsContainers);
    if (isContainer) this.#containers += 1;
    const at = below?.key ?? null;
    this.#frames.push({
      value,
      at,
      key: null,
      container: isContainer ? this.#containers : 0,
      list: isArray && inContainer && isList(at) ? at : null,
      holdsContainers: isArray && (below === undefined || (inContainer && at === 'channels')),
    });
  }

  #close(): Piece | null {
    const frame = this.#frames.pop();
    if (frame === undefined) return null;
    if (frame.container > 0)
      return { container: frame.container, list: null, value: frame.value, head: frame.value as JsonObject };
    // Its elements have been handed out.
    if (frame.list !== null || frame.holdsContainers) return null;
    return this.#put(frame.value);
  }

  #put(value: unknown): Piece | null {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.holdsContainers) return { container: 0, list: null, value, head: {} };
    if (frame.list !== null) {
      const owner = this.#frames.at(-2);
      return { container: owner?.container ?? 0, list: frame.list, value, head: (owner?.value ?? {}) as JsonObject };
    }
    if (Array.isArray(frame.value)) frame.value.push(value);
    // The one key that would not be a property.
    else if (frame.key !== null && frame.key !== '__proto__') frame.value[frame.key] = value;
    return null;
  }
}
