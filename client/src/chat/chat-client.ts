/**
 * A signed-in user's whole chat on this device: opens the local store, shows what it holds, connects, and keeps every tablo joined over one socket.
 * Which tablos are ours is decided in `listing.ts`.
 */
import { CausalClock } from '@tablo/schema/causal-clock';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { type Readable, Writable } from './base/readable.ts';
import { inBackground, reportProblem } from './base/report-error.ts';
import { DEFAULT_TIMING, type Timing } from './base/timing.ts';
import type {
  ChannelList,
  Chat,
  ConnectionState,
  Invitation,
  Invite,
  InviteLink,
  InviteOffer,
  KnownNames,
  Person,
  RoomHandle,
  StorageState,
  UnsyncedCounts,
} from './chat.ts';

import { type ChatClientOptions, type Storage, serverUrlOf } from './chat-options.ts';
import { DraftSync } from './drafts/draft-sync.ts';
import { detectEnvironment, type Environment } from './link/environment.ts';
import { LateConnection, loadConnection } from './link/late-connection.ts';
import { createObstacleFinder } from './link/socket-obstacle.ts';
import { ChannelListApplier } from './list/channel-list-applier.ts';
import { ChannelListSync, type ListAnswer } from './list/channel-list-sync.ts';
import { ChannelListView } from './list/channel-list-view.ts';
import { Invitations } from './list/invitations.ts';
import { isWritten } from './outbox/export-unsent.ts';
import { Outbox } from './outbox/outbox.ts';
import { KnownPeople } from './people/known-people.ts';
import { People } from './people/people.ts';
import { HeldRoom } from './room/room-handle.ts';
import { Rooms } from './room/rooms.ts';
import { Api } from './session/api.ts';
import { UserTokens } from './session/session.ts';
import type { LocalStore } from './store/local-store.ts';
import { openLocalStore } from './store/resilient-store.ts';
import { storeOwner } from './store/store-owner.ts';
import { type TabMessage, Tabs } from './store/tabs.ts';
import { ChannelRecords } from './unread/channel-records.ts';
import { moveReadPosition } from './unread/unread.ts';
import { UnsyncedData } from './unsynced-data.ts';

const LISTED = 'hasListed';

async function openStorage(owner: string, timeoutMs: number): Promise<Storage> {
  const store = await openLocalStore(owner, timeoutMs);
  return { store, state: store.state };
}

export async function openChatClient(options: ChatClientOptions): Promise<ChatClient> {
  // Its script comes while the store is read. What becomes of it, `LateConnection` sees.
  void loadConnection().catch(() => {});
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const owner = storeOwner(options.user.id, serverUrlOf(options));
  const storage = options.storage ?? (await openStorage(owner, timing.storeTimeoutMs));
  const tabs = new Tabs({
    owner,
    ...(options.openTabChannel === undefined ? {} : { openChannel: options.openTabChannel }),
    ...(options.tabLocks === undefined ? {} : { locks: options.tabLocks }),
  });
  const outbox = await Outbox.open(storage.store, tabs, timing.withdrawnKeptMs, options.now);
  // Given storage has no such past. Not awaited: some browsers never answer.
  if (options.storage === undefined) inBackground(takeOver(options.user.id, storage.store, outbox));
  const { store } = storage;
  // The names with the list, so that its first paint has them.
  const reading = [
    ChannelRecords.open(store),
    KnownPeople.open(store),
    store.readMeta(LISTED),
    store.readDrafts(),
  ] as const;
  const [book, known, listed, drafts] = await Promise.all(reading);
  const hadDrafts = new Set(drafts.filter(isWritten).map(({ tabloId }) => tabloId));
  return new ChatClient({ options, timing, storage, tabs, outbox, book, known, hadDrafts, hasListed: listed === true });
}

/** In a script of its own: hardly any browser has something to take over. */
async function takeOver(user: UserId, store: LocalStore, outbox: Outbox): Promise<void> {
  const part = await import('./outbox/y-indexeddb-rows.ts').catch(() => null); // Without a network: at the next start.
  await part?.takeOverYIndexedDb(user, store, outbox);
}

interface Parts {
  readonly options: ChatClientOptions;
  readonly timing: Timing;
  readonly storage: Storage;
  readonly tabs: Tabs;
  readonly outbox: Outbox;
  readonly book: ChannelRecords;
  readonly known: KnownPeople;
  readonly hadDrafts: ReadonlySet<TabloId>;
  readonly hasListed: boolean;
}

export class ChatClient implements Chat {
  readonly user: Person & { readonly email: string | null };
  readonly #parts: Parts;
  readonly #api: Api;
  readonly #connection: LateConnection;
  readonly #people: People;
  readonly people: Writable<KnownNames>;
  readonly #rooms: Rooms;
  readonly #listing: ChannelListApplier;
  readonly #sync: ChannelListSync;
  readonly #invitations: Invitations;
  readonly #drafts: DraftSync;
  readonly #view: ChannelListView;
  readonly #unsynced: UnsyncedData;
  readonly #stops: (() => void)[] = [];
  readonly #environment: Environment;
  #hasAskedToPersist = false;
  #closing: Promise<void> | null = null;
  /** By its owner, who need not be told of it. */
  #isEnded = false;

  constructor(parts: Parts) {
    const { options, timing, storage, tabs, outbox, book, known } = parts;
    this.#parts = parts;
    this.user = options.user;
    this.#environment = options.environment ?? detectEnvironment();
    const baseUrl = serverUrlOf(options);
    const tokens = new UserTokens(options.tokens, options.user.id);
    this.#api = new Api({ baseUrl, tokens, ...(options.fetch === undefined ? {} : { fetch: options.fetch }) });
    this.#connection = new LateConnection({
      url: `${baseUrl.replace(/^http/, 'ws')}/sync`,
      tokens,
      environment: this.#environment,
      timing,
      findObstacle: createObstacleFinder(baseUrl, options.fetch ?? ((...args) => fetch(...args))),
      ...(options.WebSocketImpl === undefined ? {} : { WebSocketImpl: options.WebSocketImpl }),
    });
    this.people = new Writable<KnownNames>(known);
    this.#people = new People({
      store: storage.store,
      known,
      api: this.#api,
      self: options.user,
      askGapMs: timing.askGapMs,
      onNames: () => {
        this.people.set({ names: known.names });
        this.#view.publish();
      },
    });
    this.#invitations = new Invitations(this.#api);
    this.#sync = new ChannelListSync(this.#api, book, timing, {
      beforeAsking: () => {
        this.#listing.noteAsking();
        inBackground(this.#invitations.refresh());
      },
      isInAgreement: (id) => this.#rooms.get(id)?.isInAgreement ?? true,
      apply: (answer) => this.#apply(answer),
    });
    this.#drafts = new DraftSync({
      api: this.#api,
      timing,
      isOffline: () => this.connection.get().status === 'offline',
      find: (id) => this.#rooms.get(id)?.draft ?? null,
      list: () => this.#rooms.list().map((room) => room.draft),
    });
    this.#rooms = new Rooms({
      user: options.user,
      store: storage.store,
      outbox,
      book,
      api: this.#api,
      links: this.#connection,
      people: this.#people,
      tabs,
      clock: new CausalClock(options.now),
      now: options.now,
      drafts: this.#drafts,
      timing,
      refreshChannels: () => this.#sync.refresh(),
      reportRead: () => this.#sync.reportSoon(),
      onActivity: () => this.#view.publish(),
    });
    this.#listing = new ChannelListApplier({
      ...{ book, outbox, rooms: this.#rooms, hadDrafts: parts.hadDrafts },
      askAgain: () => this.#sync.refresh(),
    });
    this.#view = new ChannelListView({
      book,
      outbox,
      people: this.#people,
      room: (id) => this.#rooms.get(id),
      hasListed: parts.hasListed,
    });
    this.#unsynced = new UnsyncedData({
      user: options.user,
      store: storage.store,
      outbox,
      book,
      rooms: this.#rooms,
      people: this.#people,
      drafts: this.#drafts,
      lastReportMs: timing.lastReportMs,
      now: options.now ?? Date.now,
    });
    this.#listen();
    for (const { id } of this.channels.get().channels) this.#rooms.add(id);
    this.#view.showRecent();
    this.#view.lookUpAuthors();
    this.#sync.refresh(!parts.hasListed);
  }

  get connection(): Readable<ConnectionState> {
    return this.#connection.state;
  }

  get storage(): Readable<StorageState> {
    return this.#parts.storage.state;
  }

  get channels(): Readable<ChannelList> {
    return this.#view.list;
  }

  get invitations(): Readable<readonly Invitation[]> {
    return this.#invitations.list;
  }

  openRoom(id: TabloId): RoomHandle {
    const room = this.#rooms.require(id);
    if (this.#parts.book.get(id) === null) this.#sync.refresh();
    return new HeldRoom({
      room,
      members: this.#people.membersOf(id),
      names: this.#people.namesOf(id),
      onWrite: () => this.#askToPersist(),
      onRelease: () => this.#rooms.forgetIfUnused(room),
    });
  }

  firstRefused(id: TabloId): EntryId | null {
    const refused = this.#parts.outbox.unsent(id).find(({ delivery }) => delivery.status === 'refused')?.entry;
    if (refused === undefined) return null;
    return refused.kind === 'message' ? refused.id : refused.target;
  }

  async createTablo(name: string): Promise<TabloId> {
    const rest = await this.#api.createChannel(name);
    this.#listing.noteCreated(rest);
    this.#view.publishNow();
    this.#parts.tabs.post({ type: 'channels' });
    return rest.id as TabloId;
  }

  async renameTablo(id: TabloId, name: string): Promise<void> {
    await this.#api.renameChannel(id, name);
    await this.#refreshQuietly();
  }

  async deleteTablo(id: TabloId): Promise<void> {
    await this.#api.deleteChannel(id);
    await this.#drop(id);
  }

  async leaveTablo(id: TabloId): Promise<void> {
    await this.#api.removeMember(id, this.user.id);
    await this.#drop(id);
  }

  async removeMember(id: TabloId, user: UserId): Promise<void> {
    if (user === this.user.id) return this.leaveTablo(id);
    await this.#api.removeMember(id, user);
    await this.#people.refresh(id);
  }

  async setMemberRole(id: TabloId, user: UserId, role: Role): Promise<'member' | 'invited'> {
    const became = await this.#api.setMember(id, user, role);
    await this.#people.refresh(id);
    return became;
  }

  createInvite(id: TabloId, role?: Role): Promise<Invite> {
    return this.#api.createInvite(id, role);
  }

  listInvites(id: TabloId): Promise<readonly InviteLink[]> {
    return this.#api.listInvites(id);
  }

  revokeInvite(id: TabloId, inviteId: string): Promise<void> {
    return this.#api.revokeInvite(id, inviteId);
  }

  readInvite(code: string): Promise<InviteOffer> {
    return this.#api.readInvite(code);
  }

  async acceptInvite(code: string): Promise<TabloId> {
    const id = await this.#api.acceptInvite(code);
    await this.#refreshQuietly();
    return id;
  }

  async acceptInvitation(id: string): Promise<TabloId> {
    const tabloId = await this.#invitations.accept(id);
    await this.#refreshQuietly();
    return tabloId;
  }

  declineInvitation(id: string): Promise<void> {
    return this.#invitations.decline(id);
  }

  async countUnsent(): Promise<number> {
    return this.#unsynced.countUnsent();
  }

  countDrafts(): Promise<number> {
    return this.#unsynced.countDrafts();
  }

  countUnsynced(): Promise<UnsyncedCounts> {
    return this.#unsynced.countUnsynced();
  }

  exportUnsent(): Promise<string> {
    return this.#unsynced.export();
  }

  reconnect(): void {
    this.#connection.reconnect();
    for (const room of this.#rooms.list()) room.retryNow();
    this.#sync.refresh();
  }

  close(): Promise<void> {
    this.#isEnded = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async wipe(): Promise<void> {
    this.#isEnded = true;
    this.#parts.tabs.post({ type: 'wipe' });
    await this.#close(false);
    this.#parts.options.tokens.forget?.();
    await this.#parts.storage.store.destroy();
  }

  #listen(): void {
    const { tabs, outbox, book, known } = this.#parts;
    known.onSaved = () => tabs.post({ type: 'people' });
    const on = this.#environment.on.bind(this.#environment);
    book.on((id) => {
      if (book.get(id)?.pendingRead != null) {
        tabs.post({ type: 'read', tabloId: id, seq: book.get(id)?.readSeq ?? 0 });
        this.#sync.reportSoon();
      }
      this.#view.publish();
    });
    this.#stops.push(
      outbox.on((change) => {
        this.#rooms.get(change.tabloId)?.noteOutbox(change);
        this.#view.publish();
      }),
      tabs.on((message) => this.#hearTab(message)),
      this.#connection.state.subscribe(() => {
        if (this.connection.get().status !== 'online') return this.#sync.noteLost();
        this.#sync.refresh();
        this.#drafts.refresh();
      }),
      on('online', () => this.#sync.refresh()),
      // Frozen or in the back/forward cache, a page receives no messages of other tabs.
      on('wake', () => inBackground(this.#takeOver())),
      on('visible', () => {
        this.#sync.refresh();
        this.#drafts.refresh();
        for (const room of this.#rooms.list()) room.presence.refresh();
      }),
      on('hide', () => {
        inBackground(this.#save());
        inBackground(this.#drafts.flush());
      }),
    );
  }

  #hearTab(message: TabMessage): void {
    switch (message.type) {
      case 'draft':
        return this.#rooms.get(message.record.tabloId)?.draft.receiveFromTab(message.record);
      case 'read':
        // Beyond what this tab knows, it tells nothing here; and may be a number of before a restored backup, which that tab has not noticed yet.
        return this.#parts.book.update(message.tabloId, (record) =>
          message.seq > record.lastSeq ? record : moveReadPosition(record, message.seq),
        );
      case 'channels':
        return this.#sync.refresh();
      case 'people':
        inBackground(this.#people.takeStored());
        return;
      case 'wipe':
        inBackground(this.#endWiped());
        return;
      case 'bye':
        inBackground(this.#takeOver());
        return;
      default:
        return;
    }
  }

  async #endWiped(): Promise<void> {
    if (this.#closing !== null) return;
    this.#closing = this.#closeWiped();
    // What cannot be closed well is gone all the same.
    await this.#closing.catch(reportProblem);
    if (!this.#isEnded) this.#parts.options.onWiped?.();
  }

  /** The store first: whatever is still written on the way out must not come back after it was deleted. */
  async #closeWiped(): Promise<void> {
    await this.#parts.storage.store.close();
    await this.#close(false);
  }

  #apply(answer: ListAnswer): void {
    const authors = answer.channels.flatMap(({ last_message: last }) => last ?? []);
    this.#people.learn(authors.map(({ user_id, user_name }) => ({ id: user_id as UserId, name: user_name ?? null })));
    this.#people.seekAgain();
    this.#listing.apply(answer);
    this.#connection.noteNoTablos(answer.all?.size === 0);
    if (!this.#view.hasListed) inBackground(this.#parts.storage.store.writeMeta(LISTED, true));
    this.#view.noteListed();
  }

  /** The tablo is ours no more, by our own action. What was typed there is deleted with it, in other tabs too, as the dialog has announced. */
  async #drop(id: TabloId): Promise<void> {
    const draft = this.#rooms.get(id)?.draft;
    draft?.set('');
    draft?.setAim({ replyTo: null, edit: null });
    await draft?.save();
    this.#listing.leave(id);
    this.#rooms.shut(id);
    this.#parts.tabs.post({ type: 'channels' });
    this.#sync.refresh();
  }

  /** This tab takes over whatever another tab has left, with or without a notice. */
  async #takeOver(): Promise<void> {
    await this.#parts.outbox.takeStored();
    for (const room of this.#rooms.list()) room.noteTabGone();
  }

  /** After a command that succeeded: that the list cannot be read now does not undo it. */
  async #refreshQuietly(): Promise<void> {
    this.#parts.tabs.post({ type: 'channels' });
    await this.#sync.refreshNow().catch(() => this.#sync.refresh());
  }

  #askToPersist(): void {
    if (this.#hasAskedToPersist) return;
    this.#hasAskedToPersist = true;
    const storage = globalThis.navigator?.storage;
    // A browser that will not promise may still keep it; there is nothing to do about a no.
    if (typeof storage?.persist === 'function') inBackground(storage.persist().catch(() => false));
  }

  async #save(): Promise<void> {
    await Promise.all([this.#rooms.save(), this.#parts.book.save(), this.#parts.known.save()]);
  }

  async #close(closesStore = true): Promise<void> {
    const { tabs, book, known, storage } = this.#parts;
    this.#closing ??= Promise.resolve();
    for (const stop of this.#stops.splice(0)) stop();
    this.#sync.close();
    this.#drafts.close();
    this.#people.close();
    this.#view.close();
    await this.#rooms.close();
    this.#connection.close();
    await Promise.all([book.close(), known.close()]);
    tabs.close();
    if (closesStore) await storage.store.close();
  }
}
