/**
 * The documents that one socket has asked for: from the first frame that names one until it is denied or its connection ends. Counted when asked, not when
 * joined, so that many at once are counted one by one; Hocuspocus keeps a queue for each, of what came before it was joined.
 */

import { documentOf } from './frames/read-frame.ts';
import type { LiveConnection } from './live-connection.ts';
import { Rejoins } from './rejoins.ts';

/** Bound for frames to documents that are not joined yet, on one socket: clients have little to send before they are let in. */
export const MAX_EARLY_BYTES = 2 * 1024 * 1024;
export const MAX_EARLY_FRAMES = 10_000;

interface Early {
  bytes: number;
  frames: number;
}

export class DocumentPlaces {
  /** Handles documents that are left and joined again. */
  readonly rejoins = new Rejoins();
  readonly #asked = new Map<string, Early>();
  readonly #live = new Map<string, LiveConnection>();
  /** Callbacks for the end of a join, successful or not, by document. */
  readonly #joining = new Map<string, (() => void)[]>();
  #bytes = 0;
  #frames = 0;

  /** Asked for, joined ones included. */
  get count(): number {
    return this.#asked.size;
  }

  has(address: string): boolean {
    return this.#asked.has(address);
  }

  connections(): readonly LiveConnection[] {
    return [...new Set(this.#live.values())];
  }

  /** As Hocuspocus finds it: clients that know no sessions use the plain name. */
  find(address: string): LiveConnection | undefined {
    return this.#live.get(address) ?? this.#live.get(documentOf({ address }));
  }

  ask(address: string): void {
    if (!this.#asked.has(address)) this.#asked.set(address, { bytes: 0, frames: 0 });
  }

  /** Counts a frame that waits for its document to be joined. False: too much waits. */
  hold(address: string, bytes: number): boolean {
    const early = this.#asked.get(address);
    if (early === undefined) return true;
    early.bytes += bytes;
    early.frames += 1;
    this.#bytes += bytes;
    this.#frames += 1;
    return this.#bytes <= MAX_EARLY_BYTES && this.#frames <= MAX_EARLY_FRAMES;
  }

  enter(connection: LiveConnection): void {
    const address = connection.messageAddress;
    this.ask(address);
    this.#release(address);
    this.#live.set(address, connection);
    this.rejoins.noteJoined(address);
    this.#endJoin(documentOf({ address }));
  }

  /** Denied or closed. */
  leave(address: string): void {
    this.#release(address);
    this.#asked.delete(address);
    this.#live.delete(address);
    this.rejoins.noteLeft(address);
    this.#endJoin(documentOf({ address }));
  }

  /** `onEnd` is called when a join of this document has ended, well or not, or the socket has. */
  join(document: string, onEnd: () => void): void {
    this.#joining.set(document, [...(this.#joining.get(document) ?? []), onEnd]);
  }

  /** The socket has gone. */
  clear(): void {
    for (const document of [...this.#joining.keys()]) while (this.#joining.has(document)) this.#endJoin(document);
    this.#asked.clear();
    this.#live.clear();
    this.rejoins.clear();
  }

  #endJoin(document: string): void {
    const [first, ...rest] = this.#joining.get(document) ?? [];
    if (rest.length > 0) this.#joining.set(document, rest);
    else this.#joining.delete(document);
    first?.();
  }

  #release(address: string): void {
    const early = this.#asked.get(address);
    if (early === undefined) return;
    this.#bytes -= early.bytes;
    this.#frames -= early.frames;
    early.bytes = 0;
    early.frames = 0;
  }
}
