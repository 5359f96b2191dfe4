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
  message(id: EntryId): TimelineMessage | null;
}

export class RoomCommands {
  readonly #host: CommandsHost;

  constructor(host: CommandsHost) {
    this.#host = host;
  }

  async send(text: string, replyTo?: EntryId): Promise<EntryId> {
    const message = createMessage(this.#authored(), text, replyTo);
    await this.#host.outbox.add(this.#host.tabloId, [message]);
    return message.id;
  }

  async edit(target: EntryId, text: string): Promise<void> {
    if (!this.#isUnsent(target)) this.#assertEditable(target);
    await this.#change(target, (view, make) => decideEdit(view, target, text, make));
  }

  async remove(target: EntryId): Promise<void> {
    if (!this.#isUnsent(target)) this.#assertHere(target);
    await this.#change(target, (view, make) => decideRemoval(view, target, make));
  }

  async react(target: EntryId, emoji: string, on: boolean): Promise<void> {
    const message = this.#host.message(target);
    const isOnNow =
      message?.reactions.some((group) => group.emoji === emoji && group.users.includes(this.#host.user)) ?? false;
    await this.#change(target, (view, make) => decideReaction(view, { target, emoji, on }, isOnNow, make));
  }

  async retry(id: EntryId): Promise<void> {
    await this.#change(id, (view, make) => decideRetry(view, id, make));
  }

  async discard(id: EntryId): Promise<void> {
    await this.#change(id, (view, make) => decideDiscard(view, id, make));
  }

  async #change(id: EntryId, decide: (view: OutboxView, make: Maker) => Decision): Promise<void> {
    const { outbox, tabloId } = this.#host;
    const isDone = await outbox.change(
      tabloId,
      [id],
      rememberStamps(() => this.#authored()),
      decide,
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
    const message = this.#host.message(target);
    if (message === null) throw new ChatError('not-found', 'This message is not here any more.');
    return message;
  }

  /** One that is not in memory was picked when it was, however long ago: what has become of it, the server tells. */
  #assertEditable(target: EntryId): void {
    const message = this.#host.message(target);
    if (message === null) return;
    if (message.author !== this.#host.user)
      throw new ChatError('not-your-entry', 'Only its author can edit a message.');
    if (message.isDeleted) throw new ChatError('not-found', 'This message has been deleted.');
  }
}
