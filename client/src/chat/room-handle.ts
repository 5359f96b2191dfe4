/** One view's hold on a room. Several may hold the same room; each lets go once. */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { Member, PresenceView, RoomView, SearchableRoom } from './chat.ts';
import type { Aim } from './draft-aim.ts';
import type { Readable } from './readable.ts';
import { inBackground } from './report-error.ts';
import type { Room } from './room.ts';
import { foldForSearch } from './search.ts';

export interface HandleOptions {
  readonly room: Room;
  readonly members: Readable<readonly Member[]>;
  /** Something was written: the time to ask the browser to keep it. */
  readonly onWrite: () => void;
  readonly onRelease: () => void;
}

export class HeldRoom implements SearchableRoom {
  readonly id: TabloId;
  readonly view: Readable<RoomView>;
  readonly presence: Readable<PresenceView>;
  readonly members: Readable<readonly Member[]>;
  readonly draft: Readable<string>;
  readonly aim: Readable<Aim>;
  readonly #room: Room;
  readonly #onWrite: () => void;
  readonly #onRelease: () => void;
  #isReleased = false;

  constructor({ room, members, onWrite, onRelease }: HandleOptions) {
    this.#room = room;
    this.#onWrite = onWrite;
    this.#onRelease = onRelease;
    this.id = room.id;
    this.view = room.screen.view;
    this.presence = room.presence.view;
    this.members = members;
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
    // After the message: a browser that dies in between has it twice in sight rather than nowhere.
    this.#saveDraft();
    this.#onWrite();
    return id;
  }

  async edit(target: EntryId, text: string): Promise<void> {
    await this.#room.commands.edit(target, text);
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

  /** [R7] Messages on this device that contain all words of `query`, newest first. */
  async search(query: string): Promise<readonly TimelineMessage[]> {
    const words = foldForSearch(query)
      .split(/\s+/u)
      .filter((word) => word !== '');
    if (words.length === 0) return [];
    const messages = await this.#room.screen.searchable();
    return messages.filter(({ text }) => words.every((word) => foldForSearch(text).includes(word))).reverse();
  }

  markRead(): void {
    this.#room.markRead();
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#room.release();
    this.#onRelease();
  }

  #saveDraft(): void {
    // The composer's own turn first: it empties the draft when this resolves.
    setTimeout(() => inBackground(this.#room.draft.save()), 0);
  }
}
