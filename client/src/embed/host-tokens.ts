/**
 * The host application's `getToken`: when it is asked, and which of its answers count.
 * 1. Ahead of a token's end, whenever the chat needs one, and once after the function changed. Functions that change at every render are one change a while.
 * 2. An answer that is older than one that has come already is not listened to.
 * 3. An answer by a function that has been replaced meanwhile counts only where it changes nothing, or the new function says the same.
 * 4. What fails is tried again, ever less often; and so is a host asked whose tokens have ended when they come, or never end.
 */
import { Backoff } from '@tablo/schema/backoff';
import { Timer } from '../chat/base/timer.ts';
import { type CachedTokens, createHostTokens, type TokenSource } from '../chat/session/session.ts';

export type GetToken = () => Promise<string | null>;

export interface HostTokensParts {
  /** Whose a token is; `null`: nobody's. */
  readonly userOf: (token: string | null) => string | null;
  /** Who uses the chat as of the last answer; `undefined`: nobody has answered. */
  readonly current: () => string | null | undefined;
  /** An answer that counts, for as long as `isLatest`: what it takes time to decide must not be decided by it later. True: it leaves something to find out, so the host is asked again soon. */
  readonly onAnswer: (token: string | null, isLatest: () => boolean) => Promise<boolean>;
  readonly onFailure: (error: unknown) => Promise<void>;
}

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 15_000;
/** Between two questions for the sake of functions that change. */
const CHANGE_GAP_MS = 1_000;

export class HostTokens implements TokenSource {
  readonly #parts: HostTokensParts;
  readonly #retry = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #getToken: GetToken;
  #version = 0;
  #tokens: CachedTokens;
  #round = 0;
  #answered = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Who a replaced function named last. */
  #doubtful: string | null | undefined;
  readonly #changeTimer = new Timer();
  readonly #timer = new Timer();
  #isStarted = false;

  constructor(getToken: GetToken, parts: HostTokensParts) {
    this.#parts = parts;
    this.#getToken = getToken;
    this.#tokens = this.#create();
  }

  start(): void {
    this.#isStarted = true;
    void this.ask();
  }

  stop(): void {
    this.#isStarted = false;
    // What is still on its way has nobody to tell, and neither has what is still being decided.
    this.#round += 1;
    this.#answered = this.#round;
    this.#timer.clear();
    this.#changeTimer.clear();
    this.#tokens = this.#create();
  }

  /** Of the same function it is no change. */
  setGetToken(getToken: GetToken): void {
    if (getToken === this.#getToken) return;
    this.#getToken = getToken;
    this.#version += 1;
    this.askSoon();
  }

  /** At once, unless the host was asked a moment ago. */
  askSoon(): void {
    if (!this.#isStarted || this.#changeTimer.isSet) return;
    const wait = this.#askedAt + CHANGE_GAP_MS - performance.now();
    if (wait <= 0) return void this.ask();
    this.#changeTimer.set(() => void this.ask(), wait);
  }

  /** The chat's own question: what is known, as long as it holds. */
  async getToken(options?: { readonly fresh?: boolean }): Promise<string | null> {
    const tokens = this.#tokens;
    let token: string | null;
    try {
      token = await tokens.getToken(options);
    } catch (error) {
      if (this.#isReplaced(tokens)) return this.getToken(options);
      throw error;
    }
    if (this.#isReplaced(tokens)) return this.getToken(options);
    if (tokens === this.#tokens && this.#parts.userOf(token) !== this.#parts.current()) this.askSoon();
    return token;
  }

  /** A newer answer has come while these were asked: theirs is of before, and a `null` of before would end the session of who is here now. */
  #isReplaced(tokens: CachedTokens): boolean {
    return this.#isStarted && tokens !== this.#tokens;
  }

  /** [R6] A new answer, whatever is held. */
  async ask(): Promise<void> {
    this.#round += 1;
    const [round, version] = [this.#round, this.#version];
    this.#askedAt = performance.now();
    const tokens = this.#create();
    let token: string | null;
    try {
      token = await tokens.getToken();
    } catch (error) {
      if (round <= this.#answered) return;
      this.#askAgain();
      return await this.#parts.onFailure(error);
    }
    if (round <= this.#answered) return;
    this.#answered = round;
    const user = this.#parts.userOf(token);
    if (version !== this.#version && user !== this.#parts.current() && user !== this.#doubtful) {
      this.#doubtful = user;
      return void this.ask();
    }
    this.#doubtful = undefined;
    this.#tokens = tokens;
    const isLatest = () => this.#isStarted && round === this.#answered;
    const isOpenEnded = await this.#parts.onAnswer(token, isLatest);
    if (!isLatest()) return;
    if (isOpenEnded) return this.#askAgain();
    this.#renewInTime();
  }

  /** Hosts without TypeScript say `undefined` or an empty text for nobody. */
  #create(): CachedTokens {
    return createHostTokens(async () => (await this.#getToken()) || null);
  }

  #renewInTime(): void {
    const { renewAt } = this.#tokens;
    if (renewAt === null) return;
    const left = renewAt - Date.now();
    if (left < RETRY_MIN_MS) return this.#askAgain();
    this.#retry.reset();
    const isDue = () => (this.#tokens.renewAt ?? 0) <= Date.now() + RETRY_MIN_MS;
    // What the live sockets have renewed meanwhile counts.
    this.#wait(left, () => (isDue() ? void this.ask() : this.#renewInTime()));
  }

  #askAgain(): void {
    this.#wait(this.#retry.nextMs(), () => void this.ask());
  }

  #wait(ms: number, work: () => void): void {
    if (this.#isStarted) this.#timer.set(work, ms);
  }
}
