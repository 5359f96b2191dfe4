/**
 * Finds the messages that have just arrived, among all that a conversation shows. Older pages, the first filling, a change of documents (which takes messages away for a moment)
 * and own ones are not among them.
 *
 * Invariants
 * 1. A message counts once, whatever becomes of it.
 * 2. Until the server has answered for the first time, messages are only remembered, and do not count as arrived.
 * 3. Where the reader has gone to older messages, and on the way back, the same is true.
 * 4. What comes before the oldest known message is an older page. What comes between known ones is new: clocks differ, and late messages come in between.
 */
import type { EntryId, UserId } from '@tablo/schema/ids';
import { compareKeys, type TimelineKey } from '@tablo/schema/shown-at';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { RoomView } from '../../chat/chat.ts';

type ArrivalsView = Pick<RoomView, 'messages' | 'isUpToDate' | 'hasNewer'>;

export class Arrivals {
  readonly #reader: UserId;
  readonly #seen = new Set<EntryId>();
  #oldest: TimelineKey | null = null;
  #isListening = false;
  #isAway = false;

  constructor(reader: UserId) {
    this.#reader = reader;
  }

  /** The messages of others that are in this view and were in none before, in their order. */
  take({ messages, isUpToDate, hasNewer }: ArrivalsView): readonly TimelineMessage[] {
    const arrived = messages.filter((message) => this.#isNew(message));
    for (const message of messages) this.#learn(message);
    const isNew = this.#isListening && !this.#isAway && !hasNewer;
    this.#isListening ||= isUpToDate;
    this.#isAway = hasNewer;
    return isNew ? arrived : [];
  }

  #isNew(message: TimelineMessage): boolean {
    if (message.author === this.#reader || message.isDeleted || this.#seen.has(message.id)) return false;
    return this.#oldest === null || compareKeys(message, this.#oldest) > 0;
  }

  #learn(message: TimelineMessage): void {
    this.#seen.add(message.id);
    // Own unsent messages come last, whatever their time.
    if (message.delivery.status !== 'sent') return;
    if (this.#oldest === null || compareKeys(message, this.#oldest) < 0)
      this.#oldest = { shownAt: message.shownAt, id: message.id };
  }
}
