/**
 * [R8] When the server was restored from a backup, it has lost what it had told us was durable. What of that is ours, this device sends again: nobody else
 * does. What is in the document is found by joining; this is about the rest.
 *
 * Invariant: what counts as unsent again is asked for before it is pushed, so it is put into the outbox only while nothing is joined; but for what the server has just
 * taken out, of which it has said what it knows.
 */
import type { Entry, MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Outbox } from '../outbox/outbox.ts';
import type { RoomDocument } from '../replica/room-document.ts';
import type { RoomHome } from '../replica/room-home.ts';
import type { LocalStore } from '../store/local-store.ts';
import { readCachedOwn } from './cached-own.ts';
import type { Shadow } from './shadow.ts';

export interface RestoredServerOptions {
  readonly tabloId: TabloId;
  readonly user: UserId;
  readonly store: LocalStore;
  readonly outbox: Outbox;
  readonly home: RoomHome;
}

export class RestoredServer {
  readonly #options: RestoredServerOptions;
  /** It has been noticed, and we have not joined since. */
  #isNew = false;
  #isClosed = false;
  shadow: Shadow | null = null;

  get isNew(): boolean {
    return this.#isNew;
  }

  constructor(options: RestoredServerOptions) {
    this.#options = options;
  }

  /** Noticed by its numbers. Before the cached history is compared with the server's, what is ours in it is kept. */
  async noticed(): Promise<void> {
    const { tabloId, user, store, home } = this.#options;
    this.#isNew = true;
    this.shadow?.did('read-cached');
    const own = await readCachedOwn(store, tabloId, user);
    if (this.#isClosed) return;
    const move = () => {
      this.shadow?.did(`replace stored ${own.map(({ id }) => id.slice(-6)).join(',')}`);
      home.rehome('stored', () => this.#holdAgain(own.filter(({ id }) => home.document?.has(id) !== true), false));
    };
    if (this.shadow === null) move();
    else this.shadow.event({ type: 'cached', entries: own }, move);
  }

  /** `isForEarlier`: for a document of an earlier epoch, which is a sign as well. What we wrote in this one since the backup may be nowhere else. */
  async leaving(document: RoomDocument, isForEarlier: boolean): Promise<void> {
    if (!isForEarlier && !this.#isNew) return;
    const { user } = this.#options;
    await this.#holdAgain(ownOf(document.entries, user).filter(({ id }) => !document.isHeld(id)));
  }

  /** The server has taken these out of the document, which it had shown us: it has forgotten them, and refuses them now. Unsent again, until the reason is told. */
  async takenOut(gone: readonly Entry[]): Promise<void> {
    await this.#holdAgain(ownOf(gone, this.#options.user));
  }

  joined(): void {
    this.#isNew = false;
  }

  /** Are these others' entries that the server itself had shown us? Then it refuses what this device has stored, and none of what is on its way. */
  hasForgotten(refused: readonly EntryId[]): boolean {
    const { user, home } = this.#options;
    return refused.some((id) => (home.document?.get(id)?.author ?? user) !== user);
  }

  /** Changes may be back before the message that they speak of: these were refused, and have a target now. */
  refusedChangesOf(targets: ReadonlySet<EntryId>): readonly EntryId[] {
    const { outbox, tabloId } = this.#options;
    return outbox.unsent(tabloId).flatMap(({ entry, delivery }) => {
      const hasTarget = entry.kind !== 'message' && targets.has(entry.target);
      return hasTarget && delivery.status === 'refused' && delivery.refusal.code === 'invalid-update' ? [entry.id] : [];
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  async #holdAgain(entries: readonly MemberEntry[], isStep = true): Promise<void> {
    const { outbox, tabloId } = this.#options;
    const lost = entries.filter(({ id }) => outbox.get(tabloId, id) === null);
    if (isStep)
      this.shadow?.ids(
        'hold-again',
        lost.map(({ id }) => id),
      );
    if (lost.length > 0) await outbox.add(tabloId, lost);
  }
}

export const ownOf = (entries: Iterable<Entry>, user: UserId): readonly MemberEntry[] =>
  [...entries].flatMap((entry) => (entry.kind !== 'arrival' && entry.author === user ? [entry] : []));
