/** Whose messages are shown, and from when: what that tells of people, and of the time. */
import type { CausalClock } from '@tablo/schema/causal-clock';
import { arrivalsOf, type Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { RestMessage } from '@tablo/schema/rest/message';
import type { TimelineRow } from '@tablo/schema/timeline';
import { authorsOf, authorsOfRows } from '../people/authors-of.ts';
import type { People } from '../people/people.ts';
import type { RoomDocument } from '../replica/room-document.ts';
import { timelineRowOf } from '../session/rest-rows.ts';

export interface AuthorsMetOptions {
  readonly tabloId: TabloId;
  readonly people: People;
  readonly clock: CausalClock;
  readonly home: { readonly document: RoomDocument | null };
  readonly screen: { readonly isOpen: boolean };
}

export class AuthorsMet {
  readonly #options: AuthorsMetOptions;

  constructor(options: AuthorsMetOptions) {
    this.#options = options;
  }

  /** Whoever left something here is told apart from the others, and has a name, also when they have left. */
  meet(authors: Iterable<UserId>): void {
    const { people, tabloId, screen } = this.#options;
    if (people.meet(tabloId, authors) && screen.isOpen) people.refreshSoon(tabloId);
  }

  inEntries(entries: readonly Entry[]): void {
    this.#observe(entries, arrivalsOf(entries));
    this.meet(authorsOf(entries));
  }

  inDocument(): void {
    const { document } = this.#options.home;
    if (document === null) return;
    this.#observe(document.entries);
    this.meet(authorsOf(document.entries));
  }

  inRows(rows: readonly TimelineRow[]): void {
    for (const { shownAt } of rows) this.#options.clock.observe(shownAt);
    this.meet(authorsOfRows(rows));
  }

  /** They are far from the newest, and say nothing of the time. */
  inAnswer(messages: readonly RestMessage[]): void {
    this.learnNames(messages);
    this.meet(authorsOfRows(messages.map(timelineRowOf)));
  }

  learnNames(messages: readonly RestMessage[]): void {
    this.#options.people.learn(messages.map(({ user_id, user_name }) => ({ id: user_id as UserId, name: user_name })));
  }

  /** When they are shown, not when their authors say they were sent: one clock that is a year ahead would take everybody's with it. */
  #observe(entries: Iterable<Entry>, arrivedAt?: ReadonlyMap<EntryId, number>): void {
    const { clock, home } = this.#options;
    // An arrival, which may come alone, is sent when it says.
    for (const { id, sentAt } of entries) clock.observe(arrivedAt?.get(id) ?? home.document?.arrivedAt(id) ?? sentAt);
  }
}
