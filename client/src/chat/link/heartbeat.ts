/**
 * Notices a link that is dead without having been closed (a tunnel, a suspended laptop): a socket that is silent for a while is asked for a sign of life,
 * which the server's socket gives by itself, whatever its documents wait for. `Liveness` decides; here are its timers.
 *
 * Invariants
 * 1. No verdict by a stale clock: a timer that comes late (the device slept, the page was frozen) asks once more before it gives up. Once: in a page whose
 *    timers are throttled every one is late.
 * 2. `drop` is called once at the most between `start` and `start`.
 */
import { Liveness } from '@tablo/schema/wire/liveness';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';

/** Later than planned by more than a busy page is. */
const LATE_MS = 1_500;
/** The page comes back with several events at once; and the server does not answer much more often than this. */
const ASK_EVERY_MS = 1_000;
/** How often to look while own bytes wait for the link. */
const UPLOAD_CHECK_MS = 500;

/** The socket that is watched. */
export interface WatchedSocket {
  /** Own bytes that have not left yet. */
  readonly waitingBytes: number;
  ask(): void;
  drop(): void;
}

const monotonicMs = (): number => performance.now();

export class Heartbeat {
  readonly #timing: Timing;
  readonly #socket: WatchedSocket;
  readonly #now: () => number;
  #liveness: Liveness | null = null;
  readonly #timer = new Timer();
  /** When the timer is to fire. */
  #dueAt = 0;
  #askedAt = 0;
  #hasForgiven = false;
  #sent = 0;
  #waiting = 0;
  #flushed = 0;
  #heardAt = Date.now();

  /** `now`: ms of a clock that never jumps. */
  constructor(timing: Timing, socket: WatchedSocket, now = monotonicMs) {
    this.#timing = timing;
    this.#socket = socket;
    this.#now = now;
  }

  /** When the server was heard last, ms since the Unix epoch: of all clocks this one goes on while the device sleeps. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** ms that a frame which was announced may still take. */
  get comingMs(): number {
    return this.#liveness?.comingMs(this.#now()) ?? 0;
  }

  /** Asks at once: a portal may open sockets that lead nowhere. */
  start(): void {
    const { idleProbeMs, probeAnswerMs } = this.#timing;
    const now = this.#now();
    this.#liveness = new Liveness({ askAfterMs: idleProbeMs, answerMs: probeAnswerMs }, now);
    this.#hasForgiven = false;
    this.#waiting = 0;
    this.#ask(this.#liveness, now);
    this.#wait(this.#liveness, now);
  }

  stop(): void {
    this.#liveness = null;
    this.#timer.clear();
  }

  noteFrame(): void {
    this.#heardAt = Date.now();
    this.#hasForgiven = false;
    this.#liveness?.noteHeard(this.#now());
  }

  noteAnswer(): void {
    this.#heardAt = Date.now();
    this.#hasForgiven = false;
    this.#liveness?.noteAnswer(this.#now());
  }

  noteSent(bytes: number): void {
    this.#sent += bytes;
    this.#liveness?.noteSent(bytes, this.#now());
  }

  noteComing(bytes: number): void {
    this.#liveness?.noteComing(bytes, this.#now());
  }

  /** The page is back, from sleep perhaps: much may have happened. */
  wake(): void {
    const liveness = this.#liveness;
    const now = this.#now();
    if (liveness === null || now - this.#askedAt < ASK_EVERY_MS) return;
    const verdict = liveness.judge(now);
    if (verdict === 'dead') return this.#tick();
    if (verdict === 'wait') return;
    this.#ask(liveness, now);
    this.#wait(liveness, now);
  }

  #tick(): void {
    const liveness = this.#liveness;
    if (liveness === null) return;
    const now = this.#now();
    if (this.#hasMoved()) liveness.noteHeard(now);
    const verdict = liveness.judge(now);
    if (verdict === 'dead') {
      if (this.#hasForgiven || now - this.#dueAt < LATE_MS) {
        this.stop();
        return this.#socket.drop();
      }
      this.#hasForgiven = true;
    }
    if (verdict === 'ask' || verdict === 'dead') this.#ask(liveness, now);
    this.#wait(liveness, now);
  }

  #ask(liveness: Liveness, now: number): void {
    this.#askedAt = now;
    liveness.noteAsked(now);
    this.#socket.ask();
  }

  /** Until the verdict may change; it may also change sooner, by what is heard. */
  #wait(liveness: Liveness, now: number): void {
    this.#timer.clear();
    const checkMs = this.#waiting > 0 ? UPLOAD_CHECK_MS : this.#timing.idleProbeMs;
    this.#dueAt = Math.min(liveness.nextAt, now + checkMs);
    this.#timer.set(() => this.#tick(), Math.ceil(this.#dueAt - now));
  }

  /** Bytes that leave after they had to wait: the other end takes them. */
  #hasMoved(): boolean {
    const waiting = this.#socket.waitingBytes;
    const flushed = this.#sent - waiting;
    const hasMoved = this.#waiting > 0 && flushed > this.#flushed;
    this.#waiting = waiting;
    this.#flushed = flushed;
    return hasMoved;
  }
}
