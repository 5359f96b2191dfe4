/**
 * Tells a user's devices of a draft that changed on one of them. Many changes in a row cost one reading at a time: whatever comes meanwhile is told by
 * the next one.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { DraftReader } from '../access/draft-reader.ts';
import { type Connections, tell } from './connections.ts';

export class DraftNews {
  readonly #drafts: DraftReader;
  readonly #connections: Connections;
  /** By member: being read now. True: changed since. */
  readonly #reading = new Map<string, boolean>();

  constructor(drafts: DraftReader, connections: Connections) {
    this.#drafts = drafts;
    this.#connections = connections;
  }

  async tell(tablo: TabloId, user: UserId): Promise<void> {
    const key = `${tablo} ${user}`;
    if (this.#reading.has(key)) {
      this.#reading.set(key, true);
      return;
    }
    try {
      do {
        this.#reading.set(key, false);
        await this.#tellOnce(tablo, user);
      } while (this.#reading.get(key));
    } finally {
      this.#reading.delete(key);
    }
  }

  async #tellOnce(tablo: TabloId, user: UserId): Promise<void> {
    if (this.#connections.ofMember(tablo, user).length === 0) return;
    const draft = await this.#drafts.find(user, tablo);
    // [R6] Looked up again: who was cut meanwhile hears nothing.
    if (draft !== null) tell(this.#connections.ofMember(tablo, user), { type: 'draft', ...draft });
  }
}
