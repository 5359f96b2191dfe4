/** All rooms of this user, held open outside of any view (TRAPS 1.4): opened a few at a time, most recently active first. */
import { createRefusal } from '@tablo/schema/close-codes';
import type { TabloId } from '@tablo/schema/ids';
import { inBackground } from '../base/report-error.ts';
import type { ChannelRecords } from '../unread/channel-records.ts';
import { Room } from './room.ts';
import type { RoomContext } from './room-context.ts';

/** Reading the disk is the slow part, and the first of them is likely on the screen. */
const OPENING_AT_ONCE = 6;

export class Rooms {
  readonly #context: RoomContext;
  readonly #book: ChannelRecords;
  readonly #rooms = new Map<TabloId, Room>();
  readonly #opened = new Map<TabloId, Promise<void>>();
  #queue: Room[] = [];
  #opening = 0;

  constructor(context: Omit<RoomContext, 'onIdle'>) {
    this.#context = { ...context, onIdle: (id) => this.#forgetIdle(id) };
    this.#book = context.book;
  }

  get(id: TabloId): Room | null {
    return this.#rooms.get(id) ?? null;
  }

  list(): readonly Room[] {
    return [...this.#rooms.values()];
  }

  /** For the list: opened when its turn comes. */
  add(id: TabloId): void {
    if (this.#rooms.has(id)) return;
    this.#queue.push(this.#create(id));
    this.#openNext();
  }

  /** For a view: opened now. */
  require(id: TabloId): Room {
    const room = this.#rooms.get(id) ?? this.#create(id);
    this.#queue = this.#queue.filter((waiting) => waiting !== room);
    inBackground(this.#open(room));
    return room;
  }

  /** The list names it, with its live epoch. */
  noteListed(id: TabloId, epoch: number): void {
    this.add(id);
    // One that waits for its turn will find the epoch in its record.
    if (this.#opened.has(id)) this.#rooms.get(id)?.noteEpoch(epoch);
  }

  /** Not ours any more. What a view still holds stays readable until it lets go. */
  shut(id: TabloId): void {
    const room = this.#rooms.get(id);
    if (room === undefined) return;
    room.shut(createRefusal('forbidden'));
    this.forgetIfUnused(room);
  }

  forgetIfUnused(room: Room): void {
    if (room.isOpen || room.reading.isAwaited || this.#book.get(room.id) !== null || this.#rooms.get(room.id) !== room)
      return;
    this.#rooms.delete(room.id);
    this.#opened.delete(room.id);
    this.#queue = this.#queue.filter((waiting) => waiting !== room);
    inBackground(room.dispose().then(() => this.#context.store.forgetTablo(room.id)));
  }

  async save(): Promise<void> {
    await Promise.all(this.list().map((room) => room.save()));
  }

  async close(): Promise<void> {
    this.#queue = [];
    await Promise.all(this.list().map((room) => room.dispose()));
    this.#rooms.clear();
  }

  #create(id: TabloId): Room {
    const room = new Room(id, this.#context);
    this.#rooms.set(id, room);
    return room;
  }

  #forgetIdle(id: TabloId): void {
    const room = this.#rooms.get(id);
    if (room !== undefined) this.forgetIfUnused(room);
  }

  #openNext(): void {
    while (this.#opening < OPENING_AT_ONCE) {
      const room = this.#queue.shift();
      if (room === undefined) return;
      this.#opening += 1;
      inBackground(
        // A turn of its own for each, so that what is on the screen comes first.
        new Promise<void>((resolve) => setTimeout(resolve, 0))
          .then(() => this.#openIfListed(room))
          .finally(() => {
            this.#opening -= 1;
            this.#openNext();
          }),
      );
    }
  }

  #openIfListed(room: Room): Promise<void> | undefined {
    return this.#rooms.get(room.id) === room ? this.#open(room) : undefined;
  }

  #open(room: Room): Promise<void> {
    const known = this.#opened.get(room.id);
    if (known !== undefined) return known;
    const opening = room.open();
    this.#opened.set(room.id, opening);
    return opening;
  }
}
