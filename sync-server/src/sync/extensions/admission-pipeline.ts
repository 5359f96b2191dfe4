/**
 * Hocuspocus handles a connection's frames one after another, and each waits for its commit: eight quick messages would take eight commits. Updates are
 * therefore handed to the ledger when they arrive, in order, and `beforeSync` finds the decision in flight. Nothing becomes visible earlier by that [R1].
 */

import { readUpdatePayload } from '../socket/frames/read-frame.ts';
import type { LiveConnection } from '../socket/live-connection.ts';

interface InFlight<T> {
  readonly payload: Uint8Array;
  readonly decision: Promise<T>;
}

export class AdmissionPipeline<T> {
  readonly #decide: (payload: Uint8Array) => Promise<T>;
  readonly #inFlight: InFlight<T>[] = [];
  #isInOrder = false;

  constructor(connection: LiveConnection, decide: (payload: Uint8Array) => Promise<T>) {
    this.#decide = decide;
    const handle = connection.handleMessage.bind(connection);
    connection.handleMessage = (frame) => {
      if (this.#isInOrder) this.#submit(frame);
      handle(frame);
    };
    void this.#startWhenIdle(connection);
  }

  /** The decision about this payload, if it was submitted when it arrived. */
  take(payload: Uint8Array): Promise<T> | undefined {
    const at = this.#inFlight.findIndex(
      (one) => one.payload.buffer === payload.buffer && one.payload.byteOffset === payload.byteOffset,
    );
    if (at < 0) return undefined;
    // Earlier payloads that are still listed belong to frames that Hocuspocus did not handle.
    return this.#inFlight.splice(0, at + 1).at(-1)?.decision;
  }

  /** Frames that arrived before the pipeline started are handled one by one. None of them may be overtaken, or the document would seem to have a gap. */
  async #startWhenIdle(connection: LiveConnection): Promise<void> {
    let pending: Promise<void>;
    do {
      pending = connection.waitForPendingMessages();
      await pending;
    } while (pending !== connection.waitForPendingMessages());
    this.#isInOrder = true;
  }

  #submit(frame: Uint8Array): void {
    const payload = readUpdatePayload(frame);
    if (payload !== null) this.#inFlight.push({ payload, decision: this.#decide(payload) });
  }
}
