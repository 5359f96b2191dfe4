/**
 * Who uses the chat inside a host application, and their chat.
 * 1. The user is the `sub` of the host's token; a token of another one closes the first one's chat wholly before the other's opens.
 * 2. Of one user nothing reaches another: what was called for the first (`ChatSlot`) ends with them.
 * 3. Where the host cannot say who is there, and the server cannot be reached, the last user stays, also after a reload [R7]. With a server `null` is signed out.
 * 4. What was asked before the last answer came, or before the page let go, decides nothing any more, however late its promises are kept.
 * 5. Unsent entries and drafts stay on the device for their author.
 */
import { type Readable, Writable } from '../chat/base/readable.ts';
import { Timer } from '../chat/base/timer.ts';
import type { Chat } from '../chat/chat.ts';
import type { TokenSource } from '../chat/session/session.ts';
import { readTokenUser, type User } from '../chat/session/token-user.ts';
import type { ChatAccess } from '../hooks/chat-context.tsx';
import { ChatSlot } from './chat-slot.ts';
import { type GetToken, HostTokens } from './host-tokens.ts';
import type { LastUser } from './last-user.ts';

export interface HostState {
  readonly status: 'starting' | 'signed-out' | 'signed-in';
  readonly chat: Chat | null;
  readonly access: ChatAccess;
}

export interface HostSessionParts {
  readonly openChat: (user: User, tokens: TokenSource, onWiped: () => void) => Promise<Chat>;
  /** Whether the server answers now. Never rejects. */
  readonly isServerThere: () => Promise<boolean>;
  readonly lastUser: LastUser;
  readonly report: (error: unknown) => void;
  /** Says when the page is in use again, or online. Returns the way to stop. */
  readonly onWake: (listener: () => void) => () => void;
}

/** A host that has not answered by then is waited for no longer where the server cannot be reached. */
const SLOW_ANSWER_MS = 3_000;

export class HostSession {
  readonly #parts: HostSessionParts;
  readonly #tokens: HostTokens;
  #slot = new ChatSlot();
  readonly #state: Writable<HostState>;
  /** Whom the chat is, or is becoming, of: `null` nobody; `undefined`: nobody knows yet. */
  #user: User | null | undefined;
  /** Ends when the last change of chats has ended. */
  #changing: Promise<void> = Promise.resolve();
  /** Their data was deleted in another tab, which closed them: nobody can go on with one. */
  readonly #wiped = new WeakSet<Chat>();
  /** What the chat that was opened last calls when that happens to it. */
  #endOfLatest: (() => void) | null = null;
  #hasFailed = false;
  #mounts = 0;
  #isRunning = false;
  /** Counts the times that the page has begun to use the chat. */
  #period = 0;
  #stopWaking: (() => void) | null = null;
  readonly #slowTimer = new Timer();
  readonly #letGoTimer = new Timer();

  constructor(getToken: GetToken, parts: HostSessionParts) {
    this.#parts = parts;
    this.#state = new Writable<HostState>({ status: 'starting', chat: null, access: this.#slot });
    this.#tokens = new HostTokens(getToken, {
      userOf: (token) => (token === null ? null : (readTokenUser(token)?.id ?? null)),
      current: () => (this.#user === undefined ? undefined : (this.#user?.id ?? null)),
      onAnswer: (token, isLatest) => this.#hear(token, isLatest),
      onFailure: (error) => this.#hearFailure(error),
    });
  }

  get state(): Readable<HostState> {
    return this.#state;
  }

  setGetToken(getToken: GetToken): void {
    this.#tokens.setGetToken(getToken);
  }

  /** Asks the host again who is there. */
  askAgain(): void {
    void this.#tokens.ask();
  }

  /** Returns the way to let go. What is mounted again in the same turn, as StrictMode does, has never been away. */
  mount(): () => void {
    this.#mounts += 1;
    this.#letGoTimer.clear();
    if (!this.#isRunning) this.#start();
    return () => {
      this.#mounts -= 1;
      if (this.#mounts === 0) this.#letGoTimer.set(() => this.#stop(), 0);
    };
  }

  #start(): void {
    this.#isRunning = true;
    this.#period += 1;
    this.#slot.await();
    this.#stopWaking = this.#parts.onWake(() => this.#tokens.askSoon());
    this.#slowTimer.set(() => void this.#stayWithLast(), SLOW_ANSWER_MS);
    this.#tokens.start();
  }

  #stop(): void {
    this.#isRunning = false;
    this.#stopWaking?.();
    this.#slowTimer.clear();
    this.#tokens.stop();
    void this.#become(undefined);
  }

  /** True: nobody is here, or it is not certain who. */
  async #hear(token: string | null, isLatest: () => boolean): Promise<boolean> {
    const user = token === null ? null : readTokenUser(token);
    if (token !== null && user === null) {
      await this.#hearFailure(
        new Error('getToken gave something that is no token of a user: a JWT whose `sub` is a UUID is needed.'),
      );
      return true;
    }
    this.#hasFailed = false;
    if (user !== null) {
      const wasHere = this.#user?.id === user.id;
      await this.#become(user);
      if (wasHere && isLatest()) this.#reconnectIfAway();
      return this.#state.get().chat === null;
    }
    if (this.#user === null) return true;
    const isConnected = this.#state.get().chat?.connection.get().status === 'online';
    const isNobody = isConnected || (await this.#parts.isServerThere());
    // Somebody may have come while the server was asked.
    if (!isLatest()) return true;
    if (isNobody) await this.#become(null);
    else await this.#stayWithLast();
    return true;
  }

  /** Said once, until it works again. */
  async #hearFailure(error: unknown): Promise<void> {
    if (!this.#hasFailed) this.#parts.report(error);
    this.#hasFailed = true;
    await this.#stayWithLast();
  }

  /** [R7] A server that answers would not give this page anything without a token: then only the host can say who is there. */
  async #stayWithLast(): Promise<void> {
    const period = this.#period;
    const isUnknown = () => this.#user === undefined && this.#isRunning && this.#period === period;
    if (!isUnknown() || this.#parts.lastUser.read() === null || (await this.#parts.isServerThere())) return;
    // Read again: another tab may have signed them out meanwhile.
    const last = this.#parts.lastUser.read();
    if (isUnknown() && last !== null) await this.#become(last);
  }

  #reconnectIfAway(): void {
    const { chat } = this.#state.get();
    const connection = chat?.connection.get();
    if (connection?.status === 'offline' && connection.reason !== undefined) chat?.reconnect();
  }

  /** One change after the other; a second one to the same person changes nothing. `undefined`: the page lets go. */
  #become(user: User | null | undefined): Promise<void> {
    const before = this.#user;
    this.#user = user;
    if (user !== undefined) this.#parts.lastUser.write(user);
    // A person after nobody is the one for whom was waited; any other change ends what the person before had called.
    if (before != null && before.id !== user?.id) {
      this.#slot.settle(null);
      this.#slot = new ChatSlot();
    }
    if (before == null && user != null) this.#slot.await();
    if (user == null) this.#slot.settle(null);
    const changing = this.#changing.then(() => this.#change());
    this.#changing = changing.catch((error: unknown) => {
      this.#parts.report(error);
    });
    return this.#changing;
  }

  async #change(): Promise<void> {
    const { chat } = this.#state.get();
    const user = this.#user;
    if (chat !== null && chat.user.id === user?.id && !this.#wiped.has(chat)) return;
    this.#show(null);
    // What cannot be closed well is gone all the same.
    if (chat !== null) await chat.close().catch(this.#parts.report);
    if (user == null || this.#user?.id !== user.id) return;
    const opened = await this.#open(user);
    if (this.#user?.id === user.id) return this.#show(opened);
    await opened?.close().catch(this.#parts.report);
  }

  async #open(user: User): Promise<Chat | null> {
    let isWiped = false;
    let opened: Chat | null = null;
    const handleWiped = () => {
      if (isWiped) return;
      isWiped = true;
      if (opened !== null) this.#wiped.add(opened);
      // Of an earlier chat, it says nothing about who is here now.
      if (this.#endOfLatest === handleWiped && this.#user?.id === user.id) void this.#become(null);
    };
    this.#endOfLatest = handleWiped;
    try {
      opened = await this.#parts.openChat(user, this.#tokens, handleWiped);
      if (!isWiped) return opened;
      // While it was being opened: it is closed already, and whoever comes next opens another one.
      await opened.close().catch(this.#parts.report);
      return null;
    } catch (error) {
      // Found out anew at the next question.
      if (this.#user?.id === user.id) this.#user = undefined;
      this.#parts.report(error);
      return null;
    }
  }

  #show(chat: Chat | null): void {
    if (chat !== null) this.#slot.settle(chat);
    const status = chat !== null ? 'signed-in' : this.#user === null ? 'signed-out' : 'starting';
    const shown = this.#state.get();
    if (shown.status === status && shown.chat === chat && shown.access === this.#slot) return;
    this.#state.set({ status, chat, access: this.#slot });
  }
}
