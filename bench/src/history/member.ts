/** A member on a socket who does one thing at a time and waits for its answer. */
import type { MemberEntry } from '@tablo/schema/entry';
import { LoadClient, type Seat } from '../load/load-client.ts';
import { within } from './within.ts';

export class Member {
  readonly #client: LoadClient;
  #acknowledged = Promise.withResolvers<number>();
  #joined = Promise.withResolvers<{ ms: number; bytes: number }>();
  #moved = Promise.withResolvers<void>();

  constructor(seat: Seat) {
    this.#client = new LoadClient(seat, {
      onAcknowledged: (ms) => this.#acknowledged.resolve(ms),
      onReceived: () => {},
      onJoined: (ms, bytes) => this.#joined.resolve({ ms, bytes }),
      onMoved: () => {
        this.#joined = Promise.withResolvers();
        this.#moved.resolve();
      },
    });
    // A socket that does not open.
    this.#client.joined().catch((error: unknown) => this.#joined.reject(error));
  }

  get epoch(): number {
    return this.#client.epoch;
  }

  /** The first answer: how long it took and how large it was. */
  joined(): Promise<{ ms: number; bytes: number }> {
    return within('a join', this.#joined.promise);
  }

  /** ms until the entry, by default a message, is acknowledged. */
  async commit(entry?: MemberEntry): Promise<number> {
    this.#acknowledged = Promise.withResolvers();
    this.#client.send(entry);
    const ms = await within('an acknowledgement', this.#acknowledged.promise).catch((error: unknown) => {
      throw new Error(`${String(error)} Refusals: ${JSON.stringify(this.#client.refusals)}`);
    });
    return ms;
  }

  /** Commits a message that fills the document: ms until everybody is sent to the next one. Resolves when this member is there. */
  async fill(): Promise<number> {
    this.#moved = Promise.withResolvers();
    const startedAt = performance.now();
    this.#client.send();
    await within('a move', this.#moved.promise);
    const ms = performance.now() - startedAt;
    await this.joined();
    return ms;
  }

  close(): void {
    this.#client.close();
  }
}
