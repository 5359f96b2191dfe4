/** What a person does in a tablo, as changes of the outbox: nothing here waits for the network [R7]. */
import type { CausalClock } from '@tablo/schema/causal-clock';
import { createMessage } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { ChatError } from '../chat.ts';
import type { Outbox } from '../outbox/outbox.ts';
import {
  type Decision,
  decideDiscard,
  decideEdit,
  decideReaction,
  decideRemoval,
  decideRetry,
  type Maker,
  rememberStamps,
} from '../outbox/outbox-decisions.ts';
import type { OutboxView } from '../store/local-store.ts';

export interface CommandsHost {
  readonly tabloId: TabloId;
  readonly user: UserId;
  readonly clock: CausalClock;
  readonly outbox: Outbox;
  readonly screen: { message(id: EntryId): TimelineMessage | null };
}

export class RoomCommands {
  readonly #host: CommandsHost;

  constructor(host: CommandsHost) {
    this.#host = host;
  }

  async send(text: string, replyTo?: EntryId): Promise<EntryId> {
    const message = sayingWhy(() => createMessage(this.#authored(), text, replyTo));
    await this.#host.outbox.add(this.#host.tabloId, [message]);
    return message.id;
  }

  /** `wasHere`: it was picked when it was, however long ago; what has become of one that is not in memory any more, the server tells. */
  async edit(target: EntryId, text: string, wasHere = false): Promise<void> {
    if (!this.#isUnsent(target)) this.#assertEditable(target, wasHere);
    await this.#change(target, (view, make) => decideEdit(view, target, text, make));
  }

  async remove(target: EntryId): Promise<void> {
    if (!this.#isUnsent(target)) this.#assertHere(target);
    await this.#change(target, (view, make) => decideRemoval(view, target, make));
  }

  async react(target: EntryId, emoji: string, on: boolean): Promise<void> {
    if (!this.#isUnsent(target)) this.#assertHere(target);
    const message = this.#host.screen.message(target);
    const isOnNow =
      message?.reactions.some((group) => group.emoji === emoji && group.users.includes(this.#host.user)) ?? false;
    await this.#change(target, (view, make) => decideReaction(view, { target, emoji, on }, isOnNow, make));
  }

  async retry(id: EntryId): Promise<void> {
    if (!this.#isUnsent(id)) this.#assertHere(id);
    await this.#change(id, (view, make) => decideRetry(view, id, make));
  }

  async discard(id: EntryId): Promise<void> {
    if (!this.#isUnsent(id)) this.#assertHere(id);
    await this.#change(id, (view, make) => decideDiscard(view, id, make));
  }

  async #change(id: EntryId, decide: (view: OutboxView, make: Maker) => Decision): Promise<void> {
    const { outbox, tabloId } = this.#host;
    const isDone = await outbox.change(
      tabloId,
      [id],
      rememberStamps(() => this.#authored()),
      (view, make) => sayingWhy(() => decide(view, make)),
    );
    if (!isDone) throw new ChatError('not-found', 'This message was taken back in another tab.');
  }

  #authored() {
    return { author: this.#host.user, sentAt: this.#host.clock.next() };
  }

  #isUnsent(id: EntryId): boolean {
    return this.#host.outbox.get(this.#host.tabloId, id) !== null;
  }

  #assertHere(target: EntryId): TimelineMessage {
    const message = this.#host.screen.message(target);
    if (message === null) throw new ChatError('not-found', 'This message is not here any more.');
    return message;
  }

  #assertEditable(target: EntryId, wasHere: boolean): void {
    if (wasHere && this.#host.screen.message(target) === null) return;
    const message = this.#assertHere(target);
    if (message.author !== this.#host.user)
      throw new ChatError('not-your-entry', 'Only its author can edit a message.');
    if (message.isDeleted) throw new ChatError('not-found', 'This message has been deleted.');
  }
}

/** A text or an emoji that no entry can hold: the sentence is for people. */
function sayingWhy<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw new ChatError('invalid-update', error.message);
    throw error;
  }
}
