/**
 * A document that is left and joined again on one socket: a provider that is destroyed and created again, perhaps with a better token, at once or later. Hocuspocus queues
 * frames for a document that is being joined, and drops the queue when that join ends, with the next token in it. Frames that a client sends after a denial, it queues
 * for the next join. So frames after a close of the document are held back here until Hocuspocus has handled that close, and frames between two joins are dropped.
 */
import { LruMap } from '../../access/tokens/lru-map.ts';
import { FRAME } from './frames/frame-types.ts';

/** Names of up to 256 bytes. A forgotten one is treated as if it had never been joined. */
const LEFT_MAX = 2_000;

interface Again {
  /** The close was passed on: all frames from now on belong to the next join. Otherwise a second token came, and frames count again only if the join is denied. */
  isLeaving: boolean;
  readonly frames: Uint8Array[];
}

/** `drop`: the frame belongs to a join that has ended; `keep`: it is held back; `pass`: it goes on to Hocuspocus. */
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

  /** The client has left, and that has not been carried out: so nobody waits for what is sent to it until then. */
  hasLeft(address: string): boolean {
    return this.#again.get(address)?.isLeaving === true;
  }

  /** The client has left, and has asked again: it would take an answer to the earlier join for the answer to this one. */
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

  /** A later token counts if the first one is denied. */
  #noteToken(address: string, frame: Uint8Array): void {
    const first = this.#asking.get(address);
    if (first === undefined) this.#asking.set(address, frame);
    else if (Buffer.compare(first, frame) !== 0) this.#again.set(address, { isLeaving: false, frames: [frame] });
  }

  /** Whether a frame may come before a document is joined. Presence and a close have no meaning then; after a join that has ended only a token has. */
  #isFirst(address: string, type: number): boolean {
    if (type === FRAME.auth) this.#left.delete(address);
    return type !== FRAME.close && type !== FRAME.awareness && this.#left.get(address) === undefined;
  }
}
