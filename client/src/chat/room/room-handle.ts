/** One view's hold on a room. Several may hold the same room; each lets go once. */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import type { Readable } from '../base/readable.ts';
import { inBackground } from '../base/report-error.ts';
import type {
  KnownMessage,
  Member,
  OlderSearch,
  PresenceView,
  Reached,
  RoomHandle,
  RoomNames,
  RoomView,
  SearchAnswer,
} from '../chat.ts';
import type { Aim } from '../draft-aim.ts';
import { RoomSearch } from '../view/room-search.ts';
import type { Room } from './room.ts';

export interface HandleOptions {
  readonly room: Room;
  readonly members: Readable<readonly Member[]>;
  readonly names: Readable<RoomNames>;
  /** Something was written: the time to ask the browser to keep it. */
  readonly onWrite: () => void;
  readonly onRelease: () => void;
}

export class HeldRoom implements RoomHandle {
  readonly id: TabloId;
  readonly view: Readable<RoomView>;
  readonly presence: Readable<PresenceView>;
  readonly members: Readable<readonly Member[]>;
  readonly names: Readable<RoomNames>;
  readonly draft: Readable<string>;
  readonly aim: Readable<Aim>;
  readonly #room: Room;
  readonly #search: RoomSearch;
  readonly #onWrite: () => void;
  readonly #onRelease: () => void;
  #isReleased = false;

  constructor({ room, members, names, onWrite, onRelease }: HandleOptions) {
    this.#room = room;
    this.#search = new RoomSearch(room.screen.archive);
    this.#onWrite = onWrite;
    this.#onRelease = onRelease;
    this.id = room.id;
    this.view = room.screen.view;
    this.presence = room.presence.view;
    this.members = members;
    this.names = names;
    this.draft = room.draft.text;
    this.aim = room.draft.aim;
    room.acquire();
  }

  setDraft(text: string): void {
    this.#room.draft.set(text);
    this.#room.presence.keepTyping();
  }

  setAim(aim: Aim): void {
    this.#room.draft.setAim(aim);
  }

  async send(text: string, replyTo?: EntryId): Promise<EntryId> {
    this.#room.presence.sendTyping(false);
    const id = await this.#room.commands.send(text, replyTo);
    this.#room.screen.news.answered();
    // After the message: a browser that dies in between has it twice in sight rather than nowhere.
    this.#saveDraft();
    this.#onWrite();
    return id;
  }

  async edit(target: EntryId, text: string, wasHere?: boolean): Promise<void> {
    await this.#room.commands.edit(target, text, wasHere);
    this.#onWrite();
  }

  async remove(target: EntryId): Promise<void> {
    await this.#room.commands.remove(target);
    this.#onWrite();
  }

  async react(target: EntryId, emoji: string, on: boolean): Promise<void> {
    await this.#room.commands.react(target, emoji, on);
    this.#onWrite();
  }

  retry(entry: EntryId): Promise<void> {
    return this.#room.commands.retry(entry);
  }

  discard(entry: EntryId): Promise<void> {
    return this.#room.commands.discard(entry);
  }

  sendTyping(isTyping: boolean): void {
    this.#room.presence.sendTyping(isTyping);
  }

  loadMore(): Promise<void> {
    return this.#room.screen.loadMore();
  }

  known(id: EntryId): KnownMessage {
    return this.#room.screen.archive.known(id);
  }

  lookUp(id: EntryId): Promise<'here' | 'deleted'> {
    return this.#room.screen.archive.lookUp(id);
  }

  reveal(id: EntryId): Promise<boolean> {
    return this.#room.screen.archive.reveal(id);
  }

  search(query: string): Promise<SearchAnswer> {
    return this.#search.find(query);
  }

  searchOlder(query: string, options: OlderSearch): Promise<void> {
    return this.#search.readOlder(query, options);
  }

  reach(id: EntryId, depth?: number): Promise<Reached> {
    return this.#room.screen.reach(id, depth ?? null);
  }

  reachFirstUnread(): Promise<Reached> {
    return this.#room.reading.reachFirst();
  }

  loadNewer(): Promise<void> {
    return this.#room.screen.away.growNewer();
  }

  showLatest(): void {
    this.#room.screen.away.leave();
  }

  watch(isLooking: (() => boolean) | null): void {
    this.#room.reading.unseen.watch(this, isLooking);
  }

  markRead(): void {
    this.#room.reading.markRead();
  }

  dismissNew(): void {
    this.#room.reading.dismissNew();
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.watch(null);
    this.#room.release();
    this.#onRelease();
  }

  #saveDraft(): void {
    // The composer's own turn first: it empties the draft when this resolves.
    setTimeout(() => inBackground(this.#room.draft.save()), 0);
  }
}
