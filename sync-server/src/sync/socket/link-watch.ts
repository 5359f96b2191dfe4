/**
 * One socket's link, whichever protocol it speaks: pinged after a silence, dead when no answer comes. Browsers and WebSocket libraries
 * answer pings by themselves.
 */
import type { Socket } from 'node:net';
import { Liveness, type LivenessTimeouts } from '@tablo/schema/wire/liveness';
import type { WebSocket } from 'ws';
import type { SweepClock } from './sweep-clock.ts';

/** A little later than our client asks, so that only one of the two does; with the sweep's steps a dead link is noticed within 6 s. */
const TIMEOUTS: LivenessTimeouts = { askAfterMs: 2_800, answerMs: 2_500 };

/** What the link carried, as far as Node tells: also the part of a frame that is not whole yet. */
export type Traffic = Pick<Socket, 'bytesRead' | 'bytesWritten' | 'writableLength'>;

export class LinkWatch {
  readonly #ws: WebSocket;
  readonly #traffic: Traffic;
  readonly #clock: SweepClock;
  readonly #liveness: Liveness;
  #read: number;
  #flushed = 0;
  #waiting = 0;
  /** The last sign of life was only part of a frame. There is no event for the next one, so every sweep checks. */
  #isInFrame = false;

  constructor(ws: WebSocket, traffic: Traffic, clock: SweepClock) {
    this.#ws = ws;
    this.#traffic = traffic;
    this.#read = traffic.bytesRead;
    this.#clock = clock;
    this.#liveness = new Liveness(TIMEOUTS, clock.now);
    ws.on('message', () => this.#hear());
    ws.on('ping', () => this.#hear());
    ws.on('pong', () => {
      this.#hear();
      this.#liveness.noteAnswer(clock.now);
    });
  }

  noteSent(bytes: number): void {
    this.#liveness.noteSent(bytes, this.#clock.now);
  }

  /** At every sweep: asks where it has to. */
  isDead(): boolean {
    const { now } = this.#clock;
    const verdict = this.#liveness.judge(now);
    if (verdict === 'alive' && !this.#isInFrame) return false;
    if (this.#hasMoved()) {
      this.#isInFrame = true;
      this.#liveness.noteHeard(now);
      return false;
    }
    if (verdict === 'ask' && this.#ws.readyState === this.#ws.OPEN) {
      this.#liveness.noteAsked(now);
      this.#ws.ping();
    }
    return verdict === 'dead';
  }

  #hear(): void {
    this.#read = this.#traffic.bytesRead;
    this.#waiting = 0;
    this.#isInFrame = false;
    this.#liveness.noteHeard(this.#clock.now);
  }

  /** Did bytes come, or leave that had been waiting for the other end to take some? */
  #hasMoved(): boolean {
    const { bytesRead, bytesWritten, writableLength } = this.#traffic;
    const flushed = bytesWritten - writableLength;
    const hasMoved = bytesRead > this.#read || (this.#waiting > 0 && flushed > this.#flushed);
    this.#read = bytesRead;
    this.#flushed = flushed;
    this.#waiting = writableLength;
    return hasMoved;
  }
}
