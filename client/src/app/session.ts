/**
 * Who uses this page, and their chat.
 * 1. A remembered person's chat opens at once, before and without the server [R7]; the server's answer about the session comes later and changes the
 *    chat only when it names somebody else. A session that has ended is shown as such, and everything stays.
 * 2. At most one chat is open. It is closed before the next one opens.
 * 3. A sign-out that the server does not know of is sent before any other request.
 * 4. A host application may change its user at any time: within a token's life the chat is the other's, and nothing of the first one's is shown.
 */

import { type Readable, Writable } from '../chat/base/readable.ts';
import { inBackground } from '../chat/base/report-error.ts';
import type { Chat } from '../chat/chat.ts';
import type { TokenSource } from '../chat/session/session.ts';
import type { User } from '../chat/session/token-user.ts';
import { hasSignOutToTell, type IdentityKind, noteSignOutToTell, readRemembered, remember } from './device-memory.ts';
import type { Credentials, Identity } from './identity.ts';

export type SessionState =
  | { readonly status: 'starting' }
  | { readonly status: 'signed-out'; readonly identity: IdentityKind; readonly wasSignedIn: boolean }
  | { readonly status: 'signed-in'; readonly user: User; readonly chat: Chat };

export interface SessionParts {
  readonly createIdentity: (kind: IdentityKind) => Identity;
  /** Throws without the server. */
  readonly fetchIdentityKind: () => Promise<IdentityKind>;
  readonly openChat: (user: User, tokens: TokenSource, onWiped: () => void) => Promise<Chat>;
}

/** How often a host application's token is looked at; the host is asked only when one is due, or there is none. */
const HOST_CHECK_MS = 3_000;
/** A host that answers within this is asked before anybody's chat is shown. */
const HOST_ANSWER_MS = 500;

export class Session {
  readonly #parts: SessionParts;
  readonly #state = new Writable<SessionState>({ status: 'starting' });
  #identity: Identity | null = null;
  /** Ends when the last change of chats has ended. */
  #opening: Promise<void> = Promise.resolve();
  #hostTimer: ReturnType<typeof setInterval> | null = null;
  #lastToken: string | null = null;
  /** The host had nobody signed in when it was asked last. */
  #isHostEmpty = false;
  /** Has signed out here, while the host still names them. */
  #left: User['id'] | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get state(): Readable<SessionState> {
    return this.#state;
  }

  /** Whether a host application signs people in. */
  get isHosted(): boolean {
    return this.#identity?.kind === 'external';
  }

  async start(): Promise<void> {
    const remembered = readRemembered();
    if (remembered !== null) {
      this.#identity = this.#parts.createIdentity(remembered.identity);
      this.#watchHost();
      await this.#open((await this.#askHostQuickly()) ?? remembered.user);
      return this.#verify();
    }
    try {
      this.#identity = this.#parts.createIdentity(await this.#parts.fetchIdentityKind());
      this.#watchHost();
      await this.#tellSignOut();
      const user = await this.#identity.getUser();
      if (user !== null) return await this.#open(user);
    } catch {
      // No server, or not now: the form says so when it is sent.
    }
    this.#show(false);
  }

  async signIn(kind: 'sign-up' | 'sign-in', credentials: Credentials): Promise<void> {
    const identity = this.#requireIdentity();
    await this.#tellSignOut();
    const user = await (kind === 'sign-up' ? identity.signUp(credentials) : identity.signIn(credentials));
    const state = this.#state.get();
    if (state.status === 'signed-in' && state.user.id === user.id) return state.chat.reconnect();
    await this.#open(user);
  }

  /** Deletes what this device holds, and ends the session on the server now or when it is there again. */
  async signOut(): Promise<void> {
    const state = this.#state.get();
    if (state.status !== 'signed-in') return;
    remember(null);
    this.#left = state.user.id;
    noteSignOutToTell(true);
    await state.chat.wipe();
    this.#show(true);
    await this.#tellSignOut().catch(() => undefined); // It is sent next time: the note stays.
  }

  /** Another tab signed in or out, or the network came back. */
  async notice(): Promise<void> {
    const state = this.#state.get();
    const remembered = readRemembered();
    if (state.status === 'signed-out' && remembered !== null) return this.start();
    if (state.status === 'signed-out') await this.#tellSignOut().catch(() => undefined); // It is sent next time.
  }

  /** Asks a host application who is signed in there now, and goes on as that person. False: nobody is, or there is no host. */
  async askHost(options: { readonly fresh?: boolean } = {}): Promise<boolean> {
    if (!this.isHosted) return false;
    const user = await this.#requireIdentity()
      .getUser(options)
      .catch(() => undefined); // It cannot say now: whoever is here stays.
    if (user === undefined) return false;
    const wasEmpty = this.#isHostEmpty;
    this.#isHostEmpty = user === null;
    if (user?.id !== this.#left) this.#left = null;
    if (user === null || this.#left !== null) return false;
    const state = this.#state.get();
    if (state.status !== 'signed-in' || state.user.id !== user.id) await this.#open(user);
    else if (wasEmpty) state.chat.reconnect();
    return true;
  }

  async #askHostQuickly(): Promise<User | null> {
    if (!this.isHosted) return null;
    const later = new Promise<null>((resolve) => setTimeout(() => resolve(null), HOST_ANSWER_MS));
    const asked = this.#requireIdentity()
      .getUser()
      .catch(() => null);
    return Promise.race([asked, later]);
  }

  #watchHost(): void {
    if (this.isHosted) this.#hostTimer ??= setInterval(() => inBackground(this.askHost()), HOST_CHECK_MS);
  }

  /** The chat's own. What it asks for is looked at here too: a token of somebody else changes the chat at once. */
  #tokensOf({ tokens }: Identity): TokenSource {
    return {
      getToken: async (options) => {
        const token = await tokens.getToken(options);
        if (token !== this.#lastToken) inBackground(this.askHost());
        this.#lastToken = token;
        return token;
      },
      forget: () => tokens.forget?.(),
    };
  }

  async #verify(): Promise<void> {
    try {
      await this.#tellSignOut();
      const user = await this.#requireIdentity().getUser();
      const state = this.#state.get();
      if (user === null || state.status !== 'signed-in') return;
      if (user.id !== state.user.id) return await this.#open(user);
      if (user.name !== state.user.name || user.email !== state.user.email) this.#remember(user);
    } catch {
      // No server now: the remembered person stays.
    }
  }

  /** One change of chats after the other; a second one to the same person changes nothing. */
  #open(user: User): Promise<void> {
    const opening = this.#opening.then(() => this.#openNow(user));
    this.#opening = opening.catch(() => undefined);
    return opening;
  }

  async #openNow(user: User): Promise<void> {
    const state = this.#state.get();
    if (state.status === 'signed-in' && state.user.id === user.id) return;
    if (state.status !== 'signed-in') return await this.#enter(user);
    this.#state.set({ status: 'starting' });
    try {
      await state.chat.close();
      await this.#enter(user);
    } catch (error) {
      // Nobody is here: the page must say so, not wait for ever.
      this.#show(true);
      throw error;
    }
  }

  async #enter(user: User): Promise<void> {
    const tokens = this.#tokensOf(this.#requireIdentity());
    // While the device's store opens: the first thing that the chat asks for.
    tokens.getToken().catch(() => undefined);
    const chat = await this.#parts.openChat(user, tokens, () => {
      this.#left = user.id;
      this.#show(true);
    });
    this.#remember(user);
    this.#state.set({ status: 'signed-in', user, chat });
  }

  #remember(user: User): void {
    remember({ user, identity: this.#requireIdentity().kind });
  }

  async #tellSignOut(): Promise<void> {
    if (!hasSignOutToTell()) return;
    await this.#requireIdentity().signOut();
    noteSignOutToTell(false);
  }

  #show(wasSignedIn: boolean): void {
    this.#state.set({ status: 'signed-out', identity: this.#requireIdentity().kind, wasSignedIn });
  }

  #requireIdentity(): Identity {
    this.#identity ??= this.#parts.createIdentity('built-in');
    return this.#identity;
  }
}
