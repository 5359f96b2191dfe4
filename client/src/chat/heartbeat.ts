/**
 * Notices a link that is dead without having been closed (a tunnel, a suspended laptop): a socket silent for a while is asked for a sign of life.
 * A server that is busy with our own entries may be silent for long (its database is away, R11): then HTTP tells whether it lives.
 */
import type { Timing } from './timing.ts';

interface HeartbeatOptions {
  readonly timing: Timing;
  /** `busy`: there is nobody to ask but those whose updates are under way; `joining`: all still wait for their answer; `nobody`: there is no document. */
  readonly probe: () => 'asked' | 'busy' | 'joining' | 'nobody';
  readonly isServerAlive: (timeoutMs: number) => Promise<boolean>;
  readonly giveUp: () => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastFrameAt = 0;
  #isAsking = false;
  #isRunning = false;
  /** Which socket this is about: an answer over HTTP may come after it has gone. */
  #round = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  start(): void {
    this.#round += 1;
    this.#isRunning = true;
    this.noteFrame();
    this.#wait(this.#options.timing.idleProbeMs);
  }

  stop(): void {
    this.#isRunning = false;
    this.#isAsking = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  noteFrame(): void {
    this.#lastFrameAt = Date.now();
    this.#isAsking = false;
  }

  /** Asks now: the page has just become visible again, and much may have happened. */
  ask(): void {
    if (!this.#isRunning || this.#isAsking) return;
    const answer = this.#options.probe();
    if (answer === 'asked') this.#isAsking = true;
    if (answer === 'busy') void this.#askOverHttp(this.#options.timing.silentMs);
    if (answer === 'joining') void this.#askOverHttp(this.#options.timing.joinTimeoutMs);
    this.#wait(this.#options.timing.probeAnswerMs);
  }

  #wait(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), ms);
  }

  #tick(): void {
    const { timing, giveUp } = this.#options;
    if (this.#isAsking) return giveUp();
    const silentMs = Date.now() - this.#lastFrameAt;
    if (silentMs < timing.idleProbeMs) return this.#wait(timing.idleProbeMs - silentMs);
    this.ask();
  }

  async #askOverHttp(patienceMs: number): Promise<void> {
    const round = this.#round;
    const silentMs = Date.now() - this.#lastFrameAt;
    const isAlive = await this.#options.isServerAlive(this.#options.timing.probeAnswerMs);
    const isSame = round === this.#round && this.#isRunning;
    if (isSame && (!isAlive || silentMs > patienceMs)) this.#options.giveUp();
  }
}
