/** Who is met in one tablo, by what they write and by being here: what that tells of its members. */
import type { Entry } from '@tablo/schema/entry';
import type { TabloId } from '@tablo/schema/ids';
import type { PeerState } from '../link/link.ts';
import { authorsOf } from '../people/authors-of.ts';
import type { People } from '../people/people.ts';
import type { RoomPresence } from '../people/presence.ts';

export interface RoomPeopleParts {
  readonly tabloId: TabloId;
  readonly people: People;
  readonly presence: RoomPresence;
  readonly isOpen: () => boolean;
}

export class RoomPeople {
  readonly #parts: RoomPeopleParts;

  constructor(parts: RoomPeopleParts) {
    this.#parts = parts;
  }

  /** Who writes here has not left, whatever was said before. */
  wrote(entries: readonly Entry[]): void {
    const { tabloId, people, isOpen } = this.#parts;
    if (people.noteWritten(tabloId, authorsOf(entries)) && isOpen()) people.refreshSoon(tabloId);
  }

  met(states: readonly PeerState[]): void {
    const { tabloId, people, presence, isOpen } = this.#parts;
    presence.receive(states);
    const { online } = presence.view.get();
    // A token names its person as they were called when it was issued.
    people.learnMissing(online);
    const isNews = people.meet(
      tabloId,
      online.map(({ id }) => id),
    );
    if (isNews && isOpen()) people.refreshSoon(tabloId);
  }

  /** The connection is gone: nobody is known to be here, and what changes among the members is not told. */
  lost(): void {
    this.#parts.people.noteLost(this.#parts.tabloId);
    this.#parts.presence.receive([]);
  }
}
