/**
 * [R5] The timeline: what people see, as the fold of all entries. The same set of entries gives the same list in every browser and in SQL, whatever
 * the order they come in, however often.
 *
 * Invariants
 * 1. Nothing is decided on arrival: a slot keeps every edit and reaction, and `#compose` picks the winners by (`shownAt`, `id`), because an `arrival`
 *    entry may still move any of them.
 * 2. A row (a message as the server's SQL has it) is a fold of entries that the document may no longer hold. A newer row replaces an older one whole.
 * 3. A message that did not change keeps its object identity between two calls of `messages()`; so does the list.
 * 4. Own unsent entries are an overlay: they come last, and never touch the slots.
 */

import type { Refusal } from './close-codes.ts';
import type { Arrival, Deletion, Edit, Entry, MemberEntry, Message, Reaction } from './entry.ts';
import type { EntryId, UserId } from './ids.ts';
import { compareKeys, type TimelineKey } from './shown-at.ts';

export type Delivery =
  /** On its way, or waiting for the network. */
  | { readonly status: 'pending' }
  /** Durable: in PostgreSQL. */
  | { readonly status: 'sent' }
  /** The server has refused it. It is kept with its author until they retry or discard it [R8]. */
  | { readonly status: 'refused'; readonly refusal: Refusal };

/** An own entry that is not durable yet. */
export interface UnsentEntry {
  readonly entry: MemberEntry;
  readonly delivery: Exclude<Delivery, { status: 'sent' }>;
}

export interface ReactionGroup {
  readonly emoji: string;
  /** Who reacted, earliest first. */
  readonly users: readonly UserId[];
}

export interface TimelineMessage {
  readonly id: EntryId;
  readonly author: UserId;
  /** Empty when deleted. */
  readonly text: string;
  /** ms since the Unix epoch, by the author's clock. */
  readonly sentAt: number;
  /** ms since the Unix epoch: where it stands in the timeline. */
  readonly shownAt: number;
  readonly replyTo: EntryId | null;
  /** `shownAt` of the winning edit. */
  readonly editedAt: number | null;
  readonly isDeleted: boolean;
  readonly reactions: readonly ReactionGroup[];
  readonly delivery: Delivery;
  /** Own edits, deletions and reactions on this message that are not durable yet. Pending ones show already, refused ones do not. */
  readonly unsentChanges: readonly UnsentEntry[];
}

/** A message as SQL has it: already folded, with the keys of what won, so that later entries can be compared with them. */
export interface TimelineRow {
  readonly id: EntryId;
  readonly author: UserId;
  readonly text: string;
  readonly sentAt: number;
  readonly shownAt: number;
  readonly replyTo: EntryId | null;
  readonly edit: TimelineKey | null;
  readonly isDeleted: boolean;
  readonly reactions: readonly {
    readonly id: EntryId;
    readonly author: UserId;
    readonly emoji: string;
    readonly shownAt: number;
    /** The latest reaction has taken the emoji back. */
    readonly isWithdrawn?: true;
  }[];
}

interface Slot {
  message: Message | null;
  row: TimelineRow | null;
  readonly edits: Map<EntryId, Edit>;
  readonly reactions: Map<EntryId, Reaction>;
  readonly deletions: Map<EntryId, Deletion>;
  /** `null` while it must be composed anew. */
  composed: TimelineMessage | null;
}

const SENT: Delivery = { status: 'sent' };

export class Timeline {
  readonly #slots = new Map<EntryId, Slot>();
  /** Which message an entry speaks of. */
  readonly #slotIdOf = new Map<EntryId, EntryId>();
  readonly #arrivals = new Map<EntryId, number>();
  #unsent: readonly UnsentEntry[] = [];
  #list: readonly TimelineMessage[] | null = null;
  /** Of `#list`. */
  #byId: ReadonlyMap<EntryId, TimelineMessage> | null = null;

  /** Adds one entry of the document; a repeated one changes nothing [R4]. */
  add(entry: Entry): void {
    if (entry.kind === 'arrival') return this.#addArrival(entry);
    if (this.#slotIdOf.has(entry.id)) return;
    const slotId = entry.kind === 'message' ? entry.id : entry.target;
    const slot = this.#slot(slotId);
    this.#slotIdOf.set(entry.id, slotId);
    if (entry.kind === 'message') slot.message = entry;
    else if (entry.kind === 'edit') slot.edits.set(entry.id, entry);
    else if (entry.kind === 'reaction') slot.reactions.set(entry.id, entry);
    else slot.deletions.set(entry.id, entry);
    this.#touch(slot);
  }

  /** Adds or replaces a message read from the server's rows. */
  addRow(row: TimelineRow): void {
    const slot = this.#slot(row.id);
    slot.row = row;
    this.#touch(slot);
  }

  /** Replaces the overlay of own entries that are not durable yet. */
  setUnsent(unsent: readonly UnsentEntry[]): void {
    for (const item of [...this.#unsent, ...unsent]) {
      const { entry } = item;
      const slot = this.#slots.get(entry.kind === 'message' ? entry.id : entry.target);
      if (slot !== undefined) slot.composed = null;
    }
    this.#unsent = unsent;
    this.#forgetList();
  }

  has(id: EntryId): boolean {
    return this.#slotIdOf.has(id) || (this.#slots.get(id)?.row ?? null) !== null;
  }

  get(id: EntryId): TimelineMessage | null {
    this.#byId ??= new Map(this.messages().map((message) => [message.id, message]));
    return this.#byId.get(id) ?? null;
  }

  /** Deleted for good, whether or not the message itself is here. */
  isDeleted(id: EntryId): boolean {
    const slot = this.#slots.get(id);
    return slot !== undefined && (slot.row?.isDeleted === true || slot.deletions.size > 0);
  }

  /** Every known message in order, deleted ones marked, own unsent ones last. */
  messages(): readonly TimelineMessage[] {
    if (this.#list !== null) return this.#list;
    const changes = this.#unsentChanges();
    const sent: TimelineMessage[] = [];
    for (const [id, slot] of this.#slots) {
      slot.composed ??= this.#compose(slot, changes.get(id) ?? []);
      if (slot.composed !== null) sent.push(slot.composed);
    }
    sent.sort(compareKeys);
    this.#list = [...sent, ...this.#unsentMessages(changes)];
    return this.#list;
  }

  #addArrival(arrival: Arrival): void {
    for (const id of arrival.of) {
      const known = this.#arrivals.get(id);
      if (known !== undefined && known <= arrival.at) continue;
      this.#arrivals.set(id, arrival.at);
      const slot = this.#slots.get(this.#slotIdOf.get(id) ?? id);
      if (slot !== undefined) this.#touch(slot);
    }
  }

  #slot(id: EntryId): Slot {
    const known = this.#slots.get(id);
    if (known !== undefined) return known;
    const slot: Slot = {
      message: null,
      row: null,
      edits: new Map(),
      reactions: new Map(),
      deletions: new Map(),
      composed: null,
    };
    this.#slots.set(id, slot);
    return slot;
  }

  #touch(slot: Slot): void {
    slot.composed = null;
    this.#forgetList();
  }

  #forgetList(): void {
    this.#list = null;
    this.#byId = null;
  }

  #keyOf(entry: MemberEntry): TimelineKey {
    return { shownAt: this.#arrivals.get(entry.id) ?? entry.sentAt, id: entry.id };
  }

  #compose(slot: Slot, changes: readonly UnsentEntry[]): TimelineMessage | null {
    const base = slot.row ?? slot.message;
    if (base === null) return null;
    const shownAt = slot.row?.shownAt ?? this.#arrivals.get(base.id) ?? base.sentAt;
    const isDeleted = (slot.row?.isDeleted ?? false) || slot.deletions.size > 0;
    const edit = this.#latestEdit(slot, base.author);
    return overlay(
      {
        id: base.id,
        author: base.author,
        text: isDeleted ? '' : (edit?.text ?? base.text),
        sentAt: base.sentAt,
        shownAt,
        replyTo: base.replyTo ?? null,
        editedAt: isDeleted ? null : (edit?.key.shownAt ?? null),
        isDeleted,
        reactions: isDeleted ? [] : this.#reactionGroups(slot),
        delivery: SENT,
        unsentChanges: changes,
      },
      changes,
    );
  }

  #latestEdit(slot: Slot, author: UserId): { key: TimelineKey; text: string } | null {
    let latest = slot.row?.edit ? { key: slot.row.edit, text: slot.row.text } : null;
    for (const edit of slot.edits.values()) {
      if (edit.author !== author) continue;
      // The row knows when it is shown; its arrival may be in a document that is not here any more.
      const key = slot.row?.edit?.id === edit.id ? slot.row.edit : this.#keyOf(edit);
      if (latest === null || compareKeys(key, latest.key) > 0) latest = { key, text: edit.text };
    }
    return latest;
  }

  #reactionGroups(slot: Slot): readonly ReactionGroup[] {
    type Vote = { key: TimelineKey; author: UserId; emoji: string; on: boolean };
    const latest = new Map<string, Vote>();
    const offer = (vote: Vote): void => {
      const of = `${vote.author} ${vote.emoji}`;
      const known = latest.get(of);
      if (known === undefined || compareKeys(vote.key, known.key) > 0) latest.set(of, vote);
    };
    for (const { id, author, emoji, shownAt, isWithdrawn = false } of slot.row?.reactions ?? [])
      offer({ key: { shownAt, id }, author, emoji, on: !isWithdrawn });
    for (const reaction of slot.reactions.values()) {
      const { id, author, emoji, on } = reaction;
      const known = slot.row?.reactions.find((one) => one.id === id);
      offer({ key: known ? { shownAt: known.shownAt, id } : this.#keyOf(reaction), author, emoji, on });
    }
    const groups = new Map<string, UserId[]>();
    for (const vote of [...latest.values()]
      .filter((one) => one.on)
      .sort((left, right) => compareKeys(left.key, right.key))) {
      groups.set(vote.emoji, [...(groups.get(vote.emoji) ?? []), vote.author]);
    }
    return [...groups].map(([emoji, users]) => ({ emoji, users }));
  }

  /** Own unsent edits, deletions and reactions, by the message they speak of. What is durable by now is no longer unsent. */
  #unsentChanges(): Map<EntryId, readonly UnsentEntry[]> {
    const changes = new Map<EntryId, readonly UnsentEntry[]>();
    for (const item of this.#unsent) {
      if (item.entry.kind === 'message' || this.#slotIdOf.has(item.entry.id)) continue;
      changes.set(item.entry.target, [...(changes.get(item.entry.target) ?? []), item]);
    }
    return changes;
  }

  #unsentMessages(changes: ReadonlyMap<EntryId, readonly UnsentEntry[]>): readonly TimelineMessage[] {
    return this.#unsent
      .flatMap(({ entry, delivery }) => (entry.kind === 'message' && !this.has(entry.id) ? [{ entry, delivery }] : []))
      .sort((left, right) =>
        compareKeys(
          { shownAt: left.entry.sentAt, id: left.entry.id },
          { shownAt: right.entry.sentAt, id: right.entry.id },
        ),
      )
      .map(({ entry, delivery }) => {
        const own = changes.get(entry.id) ?? [];
        return overlay(
          {
            id: entry.id,
            author: entry.author,
            text: entry.text,
            sentAt: entry.sentAt,
            shownAt: entry.sentAt,
            replyTo: entry.replyTo ?? null,
            editedAt: null,
            isDeleted: false,
            reactions: [],
            delivery,
            unsentChanges: own,
          },
          own,
        );
      });
  }
}

/** Shows pending changes as if they had been accepted, in the order they were made. */
function overlay(message: TimelineMessage, changes: readonly UnsentEntry[]): TimelineMessage {
  let shown = message;
  for (const { entry, delivery } of changes) {
    if (delivery.status === 'pending' && !shown.isDeleted) shown = withChange(shown, entry);
  }
  return shown;
}

function withChange(message: TimelineMessage, entry: MemberEntry): TimelineMessage {
  switch (entry.kind) {
    case 'edit':
      return { ...message, text: entry.text, editedAt: entry.sentAt };
    case 'delete':
      return { ...message, text: '', editedAt: null, isDeleted: true, reactions: [] };
    case 'reaction':
      return { ...message, reactions: withReaction(message.reactions, entry) };
    case 'message':
      return message;
  }
}

function withReaction(groups: readonly ReactionGroup[], { emoji, author, on }: Reaction): readonly ReactionGroup[] {
  const others = (group: ReactionGroup) => group.users.filter((user) => user !== author);
  const known = groups.some((group) => group.emoji === emoji);
  const changed = groups.map((group) =>
    group.emoji === emoji ? { emoji, users: on ? [...others(group), author] : others(group) } : group,
  );
  return (known || !on ? changed : [...changed, { emoji, users: [author] }]).filter((group) => group.users.length > 0);
}
