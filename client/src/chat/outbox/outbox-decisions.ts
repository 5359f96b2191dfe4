/**
 * Translates a person's command into changes of the outbox, given the current state of their entry: another tab may have changed it or taken it back, the server
 * may have made it durable. Pure: every decision is made twice, at once on what this tab knows, then in the store's transaction on what is true.
 *
 * Invariants
 * 1. A missing record means that its entry is durable and valid: whatever removes a record for another reason leaves a *withdrawn* one.
 * 2. `replacedBy` leads from a withdrawn message to what stands for it now: an unsent one, a durable one, or none (cancelled).
 * 3. If a withdrawn entry turns out to be durable, others have it. So its replacement must reach them as an edit or a deletion [R8].
 */
import {
  createDeletion,
  createEdit,
  createMessage,
  createReaction,
  type MemberEntry,
  type Reaction,
} from '@tablo/schema/entry';
import { createEntryId, type EntryId, type UserId } from '@tablo/schema/ids';
import type { OutboxRecord, OutboxView, OutboxWrites } from '../store/local-store.ts';
import { OutboxDraft } from '../store/outbox-view.ts';

type Withdrawal = Extract<OutboxRecord['delivery'], { status: 'withdrawn' }>;

export interface Stamp {
  readonly id: EntryId;
  readonly author: UserId;
  readonly sentAt: number;
}

/** The same for the same `use` each time, so that both times a decision makes the same entries. */
export interface Stamps {
  stamp(use: string): Stamp;
  /** For what takes the place of an entry of `sentAt`: ids decide between entries that are shown at one time (a backlog's receipt), so it sorts as that does [R5]. */
  id(use: string, sentAt: number): EntryId;
}

export interface Maker extends Stamps {
  record(entry: MemberEntry): OutboxRecord;
  withdraw(record: OutboxRecord, replacedBy: EntryId | null): OutboxRecord;
}

/** `null`: impossible now, since the message was taken back. */
export type Decision = OutboxWrites | null;

type Standing =
  | { readonly status: 'unsent'; readonly record: OutboxRecord }
  | { readonly status: 'durable'; readonly id: EntryId }
  | { readonly status: 'cancelled' };

/** The entry that replaces `id` now. */
export function standingOf(view: OutboxView, id: EntryId): Standing {
  let at = id;
  for (;;) {
    const record = view.get(at);
    if (record === null) return { status: 'durable', id: at };
    if (record.delivery.status !== 'withdrawn') return { status: 'unsent', record };
    if (record.delivery.replacedBy === null) return { status: 'cancelled' };
    at = record.delivery.replacedBy;
  }
}

/** A pending or refused message gets another text under a new id, in its old place; a durable one gets an edit. */
export function decideEdit(view: OutboxView, target: EntryId, text: string, make: Maker): Decision {
  const draft = new OutboxDraft(view);
  const standing = standingOf(draft, target);
  if (standing.status === 'cancelled') return null;
  if (standing.status === 'durable') {
    const changes = draft.changesOf(standing.id);
    if (changes.some(({ entry }) => entry.kind === 'delete')) return null;
    const edit = createEdit(make.stamp('edit'), standing.id, text);
    for (const earlier of changes) if (earlier.entry.kind === 'edit') draft.put(make.withdraw(earlier, edit.id));
    draft.put(make.record(edit));
    return draft.writes();
  }
  const { record } = standing;
  if (record.entry.kind !== 'message') return null;
  const { sentAt, replyTo } = record.entry;
  const message = createMessage({ author: record.entry.author, sentAt, id: make.id('message', sentAt) }, text, replyTo);
  retarget(draft, record.id, message.id, make);
  draft.put(make.withdraw(record, message.id));
  draft.put(make.record(message));
  return draft.writes();
}

/** A pending or refused message is cancelled, with the changes made to it; a durable one is deleted. */
export function decideRemoval(view: OutboxView, target: EntryId, make: Maker): Decision {
  const draft = new OutboxDraft(view);
  const standing = standingOf(draft, target);
  if (standing.status === 'cancelled') return {};
  const id = standing.status === 'durable' ? standing.id : standing.record.id;
  for (const change of draft.changesOf(id)) draft.put(make.withdraw(change, null));
  if (standing.status === 'durable') draft.put(make.record(createDeletion(make.stamp('deletion'), id)));
  else draft.put(make.withdraw(standing.record, null));
  return draft.writes();
}

/** `isOnNow`: what the person sees, pending reactions included. */
export function decideReaction(
  view: OutboxView,
  { target, emoji, on }: Pick<Reaction, 'target' | 'emoji' | 'on'>,
  isOnNow: boolean,
  make: Maker,
): Decision {
  const draft = new OutboxDraft(view);
  const standing = standingOf(draft, target);
  if (standing.status === 'cancelled') return null;
  const id = standing.status === 'durable' ? standing.id : standing.record.id;
  const earlier = draft
    .changesOf(id)
    .filter(({ entry }) => entry.kind === 'reaction' && entry.emoji === emoji) as readonly (OutboxRecord & {
    readonly entry: Reaction;
  })[];
  const [only] = earlier;
  // Only the pending reaction differs from what the person wants: taking it back is enough.
  const isBack = earlier.length === 1 && only?.delivery.status === 'pending' && only.entry.on !== on && isOnNow !== on;
  const reaction = isBack ? null : createReaction(make.stamp('reaction'), id, emoji, on);
  for (const record of earlier) draft.put(make.withdraw(record, reaction?.id ?? null));
  if (reaction !== null) draft.put(make.record(reaction));
  return draft.writes();
}

/** A refused entry again. */
export function decideRetry(view: OutboxView, id: EntryId, make: Maker): Decision {
  const draft = new OutboxDraft(view);
  const record = draft.get(id);
  if (record?.delivery.status !== 'refused') return {};
  if (record.delivery.refusal.code !== 'duplicate-id') {
    draft.put(make.record(record.entry));
    return draft.writes();
  }
  // Another entry has this id: ours gets a new id, and so do the entries that refer to it.
  const renewed = { ...record.entry, id: make.id('renewed', record.entry.sentAt) };
  retarget(draft, id, renewed.id, make);
  draft.remove(id);
  draft.put(make.record(renewed));
  return draft.writes();
}

/** A refused entry is forgotten, with the changes made to it. */
export function decideDiscard(view: OutboxView, id: EntryId, make: Maker): Decision {
  const draft = new OutboxDraft(view);
  const record = draft.get(id);
  if (record === null || record.delivery.status === 'withdrawn') return {};
  if (record.entry.kind === 'message') return decideRemoval(view, id, make);
  draft.put(make.withdraw(record, null));
  return draft.writes();
}

/** [R1] These entries are durable: their records are removed, and withdrawn ones are corrected by an edit or a deletion. */
export function decideSettlement(view: OutboxView, ids: readonly EntryId[], make: Maker): OutboxWrites {
  const draft = new OutboxDraft(view);
  const records = [...new Set(ids)].flatMap((id) => draft.get(id) ?? []).filter(isAwaited);
  for (const { id } of records) draft.remove(id);
  for (const record of records) {
    const { id, entry, delivery } = record;
    if (delivery.status !== 'withdrawn') continue;
    if (entry.kind === 'message') settleWithdrawn(draft, record, delivery, make);
    else if (entry.kind === 'reaction' && delivery.replacedBy === null)
      draft.put(make.record(createReaction(make.stamp(`undo ${id}`), entry.target, entry.emoji, !entry.on)));
  }
  return draft.writes();
}

/** Whether it is still unknown if the entry is durable. */
export const isAwaited = ({ delivery }: OutboxRecord): boolean =>
  delivery.status !== 'withdrawn' || delivery.isSettled !== true;

function settleWithdrawn(draft: OutboxDraft, record: OutboxRecord, withdrawal: Withdrawal, make: Maker): void {
  const { id } = record;
  const standing: Standing =
    withdrawal.replacedBy === null ? { status: 'cancelled' } : standingOf(draft, withdrawal.replacedBy);
  if (standing.status !== 'unsent' || standing.record.entry.kind !== 'message') {
    draft.put({ ...record, delivery: { ...withdrawal, isSettled: true } });
    return draft.put(make.record(createDeletion(make.stamp(`delete ${id}`), id)));
  }
  // Its replacement may be in flight by now: it is taken back as well, and deleted if it becomes durable.
  const edit = createEdit(make.stamp(`edit ${id}`), id, standing.record.entry.text);
  retarget(draft, standing.record.id, id, make);
  draft.put(make.withdraw(standing.record, id));
  draft.put(make.record(edit));
}

/** Transfers the changes of one message to another. */
function retarget(draft: OutboxDraft, from: EntryId, to: EntryId, make: Maker): void {
  for (const change of draft.changesOf(from)) {
    if (change.entry.kind === 'message') continue;
    const moved = { ...change.entry, id: make.id(`${to} ${change.id}`, change.entry.sentAt), target: to };
    draft.put(make.withdraw(change, moved.id));
    draft.put(make.record(moved));
  }
}

/** `authored` is asked once for each use. */
export function rememberStamps(authored: () => Omit<Stamp, 'id'>): Stamps {
  const stamps = new Map<string, Stamp>();
  const ids = new Map<string, EntryId>();
  return {
    stamp: (use) => {
      const known = stamps.get(use);
      if (known !== undefined) return known;
      const { author, sentAt } = authored();
      const stamp = { author, sentAt, id: createEntryId(sentAt) };
      stamps.set(use, stamp);
      return stamp;
    },
    id: (use, sentAt) => {
      const id = ids.get(use) ?? createEntryId(sentAt);
      ids.set(use, id);
      return id;
    },
  };
}
