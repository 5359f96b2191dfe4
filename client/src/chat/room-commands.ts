/**
 * What a person does in a tablo, as changes of the outbox: nothing here waits for the network [R7]. What may have been sent already is withdrawn, not
 * forgotten: `settleWithdrawn` makes it good if it turns out durable after all.
 */

import type { CausalClock } from '@tablo/schema/causal-clock';
import { createDeletion, createEdit, createMessage, createReaction, type MemberEntry } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { ChatError } from './chat.ts';
import type { OutboxRecord } from './local-store.ts';
import type { Outbox } from './outbox.ts';
import { inBackground } from './report-error.ts';

export interface CommandsHost {
  readonly tabloId: TabloId;
  readonly user: UserId;
  readonly clock: CausalClock;
  readonly outbox: Outbox;
  message(id: EntryId): TimelineMessage | null;
  /** These may be on their way: the document must not send them (again). */
  withdrawn(ids: readonly EntryId[]): void;
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
    const unsent = this.#unsent(target);
    if (unsent !== null && unsent.entry.kind === 'message') return this.#rewrite(unsent, text);
    this.#assertMine(target);
    const edit = createEdit(this.#authored(), target, text);
    await this.#withdraw(this.#changesOf(target, 'edit'), [edit]);
  }

  async remove(target: EntryId): Promise<void> {
    const unsent = this.#unsent(target);
    const changes = this.#changesOf(target);
    if (unsent !== null) return this.#withdraw([unsent, ...changes], []);
    if (this.#host.message(target) === null) throw new ChatError('not-found', 'This message is not here any more.');
    await this.#withdraw(changes, [createDeletion(this.#authored(), target)]);
  }

  async react(target: EntryId, emoji: string, on: boolean): Promise<void> {
    const reaction = createReaction(this.#authored(), target, emoji, on);
    const earlier = this.#changesOf(target, 'reaction').filter(
      ({ entry }) => entry.kind === 'reaction' && entry.emoji === emoji,
    );
    // What the message shows without the pending ones, as far as we can tell: if that is what is wanted, taking those back is all.
    const isOnNow = this.#host
      .message(target)
      ?.reactions.some((group) => group.emoji === emoji && group.users.includes(this.#host.user));
    const last = earlier.at(-1);
    const isBack =
      last?.entry.kind === 'reaction' && last.delivery.status === 'pending' && last.entry.on !== on && isOnNow !== on;
    await this.#withdraw(earlier, isBack && earlier.length === 1 ? [] : [reaction]);
  }

  async retry(id: EntryId): Promise<void> {
    const record = this.#unsent(id);
    if (record === null || record.delivery.status !== 'refused') return;
    const { outbox, tabloId } = this.#host;
    if (record.delivery.refusal.code !== 'duplicate-id') return outbox.retry(tabloId, id);
    // Somebody else's entry has this id: ours gets another, and so does what speaks of it.
    const renewed = { ...record.entry, id: createEntryId(record.entry.sentAt) };
    const changes = this.#changesOf(id);
    await outbox.replace(
      tabloId,
      [id, ...changes.map((change) => change.id)],
      [renewed, ...retargeted(changes, renewed.id)],
    );
  }

  async discard(id: EntryId): Promise<void> {
    const record = this.#unsent(id);
    if (record === null) return;
    const changes = record.entry.kind === 'message' ? this.#changesOf(id) : [];
    await this.#withdraw([record, ...changes], []);
  }

  /** What its author had taken back is durable all the same: others have it, so the change must reach them as one. */
  settleWithdrawn(record: OutboxRecord): void {
    const { outbox, tabloId } = this.#host;
    if (record.delivery.status !== 'withdrawn') return;
    const { entry } = record;
    const replacement = record.delivery.replacedBy === null ? null : outbox.get(tabloId, record.delivery.replacedBy);
    if (entry.kind === 'message') {
      if (replacement?.entry.kind === 'message' && replacement.delivery.status !== 'withdrawn') {
        const edit = createEdit(this.#authored(), entry.id, replacement.entry.text);
        const changes = this.#changesOf(replacement.id);
        // The replacement may be on its way by now: it is taken back like anything else, and deleted should it arrive.
        inBackground(this.#withdraw([replacement, ...changes], [edit, ...retargeted(changes, entry.id)]));
      } else {
        inBackground(outbox.add(tabloId, [createDeletion(this.#authored(), entry.id)]));
      }
    } else if (entry.kind === 'reaction' && record.delivery.replacedBy === null) {
      inBackground(outbox.add(tabloId, [createReaction(this.#authored(), entry.target, entry.emoji, !entry.on)]));
    }
  }

  /** A pending or refused message gets another text: under a new id, in its old place. */
  async #rewrite(record: OutboxRecord, text: string): Promise<void> {
    if (record.entry.kind !== 'message') return;
    const { sentAt, replyTo } = record.entry;
    const message = createMessage({ author: this.#host.user, sentAt, id: createEntryId(sentAt) }, text, replyTo);
    const changes = this.#changesOf(record.id);
    await this.#withdraw([record, ...changes], [message, ...retargeted(changes, message.id)]);
  }

  async #withdraw(records: readonly OutboxRecord[], entries: readonly MemberEntry[]): Promise<void> {
    const { outbox, tabloId, withdrawn } = this.#host;
    const ids = records.map((record) => record.id);
    const done = outbox.withdraw(tabloId, ids, entries);
    if (ids.length > 0) withdrawn(ids);
    await done;
  }

  #authored() {
    return { author: this.#host.user, sentAt: this.#host.clock.next() };
  }

  #unsent(id: EntryId): OutboxRecord | null {
    const record = this.#host.outbox.get(this.#host.tabloId, id);
    return record === null || record.delivery.status === 'withdrawn' ? null : record;
  }

  #changesOf(target: EntryId, kind?: MemberEntry['kind']): readonly OutboxRecord[] {
    return this.#host.outbox
      .list(this.#host.tabloId)
      .filter(
        ({ entry, delivery }) =>
          delivery.status !== 'withdrawn' &&
          entry.kind !== 'message' &&
          entry.target === target &&
          (kind ?? entry.kind) === entry.kind,
      );
  }

  #assertMine(target: EntryId): void {
    const message = this.#host.message(target);
    if (message === null) throw new ChatError('not-found', 'This message is not here any more.');
    if (message.author !== this.#host.user)
      throw new ChatError('not-your-entry', 'Only its author can edit a message.');
    if (message.isDeleted) throw new ChatError('not-found', 'This message has been deleted.');
  }
}

function retargeted(changes: readonly OutboxRecord[], target: EntryId): readonly MemberEntry[] {
  return changes.flatMap(({ entry }) =>
    entry.kind === 'message' ? [] : [{ ...entry, id: createEntryId(entry.sentAt), target }],
  );
}
