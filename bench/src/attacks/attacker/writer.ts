/** A member who appends to one tablo as fast as somebody likes, without a document: follows to the next epoch, takes a new clientID after a refusal, and comes back when cut. */
import { setTimeout as delay } from 'node:timers/promises';
import type { MemberEntry } from '@tablo/schema/entry';
import { encodeAppend } from '@tablo/sync-server/admission/encode-append';
import { UPDATE } from '@tablo/sync-server/sync/socket/frames/frame-types';
import { syncFrame } from '@tablo/sync-server/testing/frames';
import type { Field } from './attack.ts';
import { AttackerSocket } from './attacker-socket.ts';

const JOIN_DEADLINE_MS = 10_000;
const LOOK_MS = 5;

interface Seat {
  readonly tablo: string;
  readonly token: string;
}

/** By tablo: whoever joins next need not begin with the first one. */
const epochs = new Map<string, number>();

export class Writer {
  readonly #field: Field;
  readonly #seat: Seat;
  #socket: AttackerSocket | null = null;
  #client = 0;
  #clock = 0;
  #isJoined = false;
  #answers = 0;

  constructor(field: Field, seat: Seat) {
    this.#field = field;
    this.#seat = seat;
  }

  get name(): string {
    return `${this.#seat.tablo}/${this.#epoch}`;
  }

  get #epoch(): number {
    return epochs.get(this.#seat.tablo) ?? 1;
  }

  get socket(): AttackerSocket | null {
    return this.#socket;
  }

  /** Joined, after a cut or a move as well; false when that takes too long, or it is over. */
  async ready(over: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + JOIN_DEADLINE_MS;
    if (this.#socket?.isOpen !== true) await this.#connect();
    while (!this.#isJoined && !over.aborted && performance.now() < deadline) {
      if (this.#socket?.isOpen !== true) return false;
      await delay(LOOK_MS);
    }
    return this.#isJoined && (this.#socket?.isOpen ?? false) && !over.aborted;
  }

  /** One update. */
  write(entries: readonly MemberEntry[]): void {
    const at = { client: this.#client, clock: this.#clock };
    const last = this.#clock === 0 ? null : { client: this.#client, clock: this.#clock - 1 };
    this.#clock += entries.length;
    this.#socket?.send(syncFrame(this.name, UPDATE, encodeAppend(at, last, entries)));
  }

  /** One update, and until it is answered one way or the other. */
  async writeAndWait(entries: readonly MemberEntry[], over: AbortSignal, deadlineMs = JOIN_DEADLINE_MS): Promise<void> {
    const before = this.#answers;
    const deadline = performance.now() + deadlineMs;
    this.write(entries);
    while (
      this.#answers === before &&
      (this.#socket?.isOpen ?? false) &&
      !over.aborted &&
      performance.now() < deadline
    ) {
      await delay(1);
    }
  }

  async #connect(): Promise<void> {
    this.#isJoined = false;
    this.#socket = await AttackerSocket.open(this.#field, {
      onJoined: () => {
        this.#isJoined = true;
      },
      onStatus: () => {
        this.#answers += 1;
      },
      onRefused: () => this.#begin(),
      onLeft: (name, reason) => {
        this.#answers += 1;
        this.#isJoined = false;
        // Another writer of ours may have noticed before.
        if (reason === 'epoch-moved' && name === this.name) epochs.set(this.#seat.tablo, this.#epoch + 1);
        this.#begin();
        this.#socket?.join(this.name, this.#seat.token);
      },
    });
    this.#begin();
    this.#socket?.join(this.name, this.#seat.token);
  }

  /** What was refused leaves a gap in its clientID's clocks. */
  #begin(): void {
    this.#client = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    this.#clock = 0;
  }
}
