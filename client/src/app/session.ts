/**
 * Who uses this page, and their chat.
 * 1. A remembered person's chat opens at once, before and without the server [R7]; the server's word about the session comes later and changes the
 *    chat only when it names somebody else. A session that has ended is shown as such, and everything stays.
 * 2. At most one chat is open. It is closed before the next one opens.
 * 3. A sign-out that the server has not heard of is told before anything else is asked.
 */
import type { Chat } from '../chat/chat.ts';
import { type Readable, Writable } from '../chat/readable.ts';
import type { TokenSource } from '../chat/session.ts';
import {
  hasSignOutToTell,
  type IdentityKind,
  noteSignOutToTell,
  readRemembered,
  remember,
  type User,
} from './device-memory.ts';
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

export class Session {
  readonly #parts: SessionParts;
  readonly #state = new Writable<SessionState>({ status: 'starting' });
  #identity: Identity | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get state(): Readable<SessionState> {
    return this.#state;
  }

  async start(): Promise<void> {
    const remembered = readRemembered();
    if (remembered !== null) {
      this.#identity = this.#parts.createIdentity(remembered.identity);
      await this.#open(remembered.user);
      return this.#verify();
    }
    try {
      this.#identity = this.#parts.createIdentity(await this.#parts.fetchIdentityKind());
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
    noteSignOutToTell(true);
    await state.chat.wipe();
    this.#show(true);
    await this.#tellSignOut().catch(() => undefined); // Told next time: the note stays.
  }

  /** Another tab signed in or out, or the network came back. */
  async notice(): Promise<void> {
    const state = this.#state.get();
    const remembered = readRemembered();
    if (state.status === 'signed-out' && remembered !== null) return this.start();
    if (state.status === 'signed-out') await this.#tellSignOut().catch(() => undefined); // Told next time.
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

  async #open(user: User): Promise<void> {
    const state = this.#state.get();
    if (state.status === 'signed-in') await state.chat.close();
    const chat = await this.#parts.openChat(user, this.#requireIdentity().tokens, () => this.#show(true));
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
