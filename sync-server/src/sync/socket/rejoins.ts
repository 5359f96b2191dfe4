/**
 * A document that is left and joined again on one socket: a provider that is destroyed and made anew, with a better token perhaps, at once or later. Hocuspocus keeps
 * what comes for a document that is being joined, and throws it away with a join that ends, the next token included; and what a client says after its denial, it keeps
 * for the next one. So what comes after a farewell is held back here until that has been carried out, and what comes between two joins is dropped.
 */
import { LruMap } from '../../access/tokens/lru-map.ts';
import { FRAME } from './frames/read-frame.ts';

/** Names of up to 256 bytes. A forgotten one is treated as if it had never been joined. */
const LEFT_MAX = 2_000;

interface Again {
  /** The farewell has been handed on: all that comes now is about the next join. Else a second token came, and only if the join is denied its frames count again. */
  isLeaving: boolean;
  readonly frames: Uint8Array[];
}

/** `drop`: it speaks of a join that has ended; `keep`: it is held back; `pass`: it goes on. */
export type Sorted = 'drop' | 'keep' | 'pass';

export class Rejoins {
  readonly #again = new Map<string, Again>();
  readonly #left = new LruMap<string, true>(LEFT_MAX);
  /** The frames with the tokens that are being looked at. */
  readonly #asking = new Map<string, Uint8Array>();

  /** `state` of the document on this socket: nobody has asked for it, its token is being looked at, it is joined. */
  sort(address: string, type: number, frame: Uint8Array, state: 'none' | 'joining' | 'joined'): Sorted {
    const again = this.#again.get(address);
    if (again?.isLeaving) {
      if (again.frames.length === 0 && type !== FRAME.auth) return 'drop';
      again.frames.push(frame);
      return 'keep';
    }
    if (state === 'none' && !this.#isFirst(address, type)) return 'drop';
    if (state !== 'none' && type === FRAME.close) this.#again.set(address, { isLeaving: true, frames: [] });
    else if (again !== undefined) again.frames.push(frame);
    else if (state !== 'joined' && type === FRAME.auth) this.#noteToken(address, frame);
    return 'pass';
  }

  noteJoined(address: string): void {
    this.#asking.delete(address);
    if (this.#again.get(address)?.isLeaving === false) this.#again.delete(address);
  }

  /** Denied, or its connection has ended. Whatever comes before `takeHeld` is held. */
  noteLeft(address: string): void {
    this.#left.set(address, true);
    this.#asking.delete(address);
    const again = this.#again.get(address);
    if (again !== undefined) again.isLeaving = true;
  }

  /** The client has left, and that has not been carried out: nobody there waits for what is said to it until then. */
  hasLeft(address: string): boolean {
    return this.#again.get(address)?.isLeaving === true;
  }

  /** The client has left, and has asked again: what it hears of the join before, it would take for an answer. */
  isHeld(address: string): boolean {
    const again = this.#again.get(address);
    return again?.isLeaving === true && again.frames.length > 0;
  }

  /** What was held back, in order, to be handled as if it came now. */
  takeHeld(address: string): readonly Uint8Array[] {
    const frames = this.#again.get(address)?.frames ?? [];
    this.#again.delete(address);
    return frames;
  }

  clear(): void {
    this.#again.clear();
    this.#left.clear();
    this.#asking.clear();
  }

  /** Another token than the first one counts again, if that one is denied. */
  #noteToken(address: string, frame: Uint8Array): void {
    const first = this.#asking.get(address);
    if (first === undefined) this.#asking.set(address, frame);
    else if (Buffer.compare(first, frame) !== 0) this.#again.set(address, { isLeaving: false, frames: [frame] });
  }

  /** Whether it may come before a document is joined. Presence and a farewell mean nothing then, and after a join that has ended only a token does. */
  #isFirst(address: string, type: number): boolean {
    if (type === FRAME.auth) this.#left.delete(address);
    return type !== FRAME.close && type !== FRAME.awareness && this.#left.get(address) === undefined;
  }
}
