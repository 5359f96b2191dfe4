/**
 * Decides what becomes of a tablo's own entries between outbox and document: a pure function of what delivery remembers, what has happened, and a look at
 * outbox and document. Knows neither Yjs nor the socket, no clock and no chance. `schema/SPEC.md` has its table, `delivery.ts` does what it says.
 *
 * Invariants
 * 1. Nothing is pushed before the server has said (or had its time to say) which entries it holds already; and nothing after a message was rewritten
 *    before it has said so of that one: another tab may have sent it, and both texts would be there [R4].
 * 2. An own entry leaves the outbox by `settle` alone: when the server says that it is durable, or shows it to us [R1, R8]. A provider's count of
 *    acknowledgements is not believed: a repeated question of the server's makes it reach zero early. For what is in flight for long, the server is asked.
 * 3. One refused entry never blocks later ones [R8]. What the server has taken out of the document is what it refused, and all else goes on. A refusal that takes
 *    nothing out is about an update as a whole: if it names several entries, or none, it is narrowed down by halves, one half in flight at a time.
 * 4. After a refusal that takes nothing out the document is replaced (a refused update leaves a gap in its clientID's clock, TRAPS 1.2), and so is one that
 *    holds what its author has taken back.
 * 5. A refusal that names nothing of ours, of what belongs to somebody else, is about what this device has stored (a restored backup): nothing is blamed for it.
 *    What of that is ours is unsent again, since nobody else sends it, and asked for before it is pushed.
 */
import { createRefusal, REASONS, type ReasonCode, type Refusal } from '@tablo/schema/close-codes';
import type { Entry, MemberEntry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import { unreachable } from '@tablo/schema/result';
import { isAwaited } from '../outbox/outbox-decisions.ts';
import type { Home } from '../replica/room-home.ts';
import type { OutboxRecord } from '../store/local-store.ts';
import { chunksOf } from './chunks.ts';
import type { DeliveryEvent, DeliveryState, Effect, ShownAt, Wait, World } from './delivery-state.ts';

/** In flight at a time. After a cut all of them go again as one update, and a frame that is too large for the server ends every next socket too (TRAPS 1.4). */
const MAX_HELD_BYTES = 2 * 1024 * 1024;
const CHECK_IDS = 10_000;
/** Pushed again into a newer document, an entry stands there without what has changed it since: better to ask again than to push unasked. */
const CHECKS = 4;

export function step(
  state: DeliveryState,
  event: DeliveryEvent,
  world: World,
): readonly [DeliveryState, readonly Effect[]] {
  const turn = new Turn(state, world);
  turn.take(event);
  return [turn.state, turn.effects];
}

/** One step while it is being made. */
class Turn {
  readonly effects: Effect[] = [];
  state: DeliveryState;
  readonly #world: World;
  /** As `World.held`, with what this step has pushed and released. */
  #held: readonly EntryId[];
  /** The outbox changes with an effect of this step, and says so: what may be pushed is decided then. */
  #isOutdated = false;

  constructor(state: DeliveryState, world: World) {
    this.state = state;
    this.#world = world;
    this.#held = world.held;
  }

  take(event: DeliveryEvent): void {
    const { records, document } = this.#world;
    switch (event.type) {
      case 'entered':
        // Durable entries whose records outlived them, because the last run ended in between.
        return void this.#settle(records.flatMap(({ id }) => (document?.get(id) != null ? [id] : [])));
      case 'joined':
        return this.#join();
      case 'left':
        return this.#leave();
      case 'committed':
        return this.#committed(event.messages, event.others, event.shownAt);
      case 'refused':
        return this.#refused(event.code, event.message, event.ids);
      case 'received':
        return this.#received(event.entries);
      case 'taken-out':
        return this.#holdAgain(this.#lostOf(event.entries));
      case 'leaving':
        // For a document of an earlier epoch, which is a sign of a restored backup as well. What we wrote in this one since the backup may be nowhere else.
        if (event.isForEarlier || this.state.isRestored) this.#holdAgain(this.#lostOf(event.entries));
        return;
      case 'renumbered':
        // Before the cached history is compared with the server's, what is ours in it is kept.
        this.#change({ isRestored: true });
        return this.#do({ type: 'read-cached' });
      case 'cached':
        return this.#replaceDocument('stored', event.entries);
      case 'outbox-changed':
        return this.#outboxChanged(event.sent);
      case 'tab-gone':
        return this.#push();
      case 'closed':
        return this.#refusePending();
      case 'retry':
        this.#stop('hold');
        return this.#goOn();
      case 'waited':
        this.#change({ waits: new Set([...this.state.waits].filter((wait) => wait !== event.wait)) });
        return this.#waited(event.wait);
      default:
        return unreachable(event);
    }
  }

  #join(): void {
    this.#change({ isJoined: true, isRestored: false });
    // Refused, and the reason got lost with the link: they go again, and are refused again.
    this.#release(this.#world.takenOut);
    this.#waitIfUnset('ask');
    // What holds back holds questions back, too: or a limit on these would be run into as fast as the link allows.
    if (!this.state.waits.has('hold')) this.#check(1);
  }

  #leave(): void {
    this.#change({ isJoined: false, phase: 'away' });
    this.#stop('answer');
    this.#stop('ask');
  }

  #check(nth: number): void {
    const doubtful = this.#idsOf(({ delivery }) => delivery.status !== 'refused');
    this.#change({
      asked: new Set(doubtful),
      askedReplaced: new Set(this.#replaced()),
      answersLeft: Math.ceil(doubtful.length / CHECK_IDS),
      checks: nth,
    });
    if (doubtful.length === 0) return this.#open();
    this.#change({ phase: 'checking' });
    for (let from = 0; from < doubtful.length; from += CHECK_IDS)
      this.#do({ type: 'check', ids: doubtful.slice(from, from + CHECK_IDS) });
    this.#wait('answer');
  }

  #open(): void {
    this.#stop('answer');
    this.#change({ phase: 'open' });
    this.#push();
  }

  #goOn(): void {
    if (this.state.isJoined && this.state.phase === 'away') this.#check(1);
    else this.#push();
  }

  #waited(wait: Wait): void {
    switch (wait) {
      case 'answer':
        return this.state.checks < CHECKS ? this.#check(this.state.checks + 1) : this.#open();
      case 'hold':
        return this.#goOn();
      case 'ask':
        if (this.#held.length === 0) return;
        this.#do({ type: 'check', ids: this.#held.slice(0, CHECK_IDS) });
        return this.#wait('ask');
      case 'grace':
        return this.#push();
      default:
        return unreachable(wait);
    }
  }

  #committed(messages: readonly EntryId[], others: readonly EntryId[], shownAt?: ShownAt): void {
    const { phase, asked, answersLeft } = this.state;
    const isAnswer = phase === 'checking' && messages.length === 0 && others.every((id) => asked.has(id));
    this.#durable([...messages, ...others], shownAt);
    if (!isAnswer) return;
    this.#change({ answersLeft: answersLeft - 1 });
    if (answersLeft <= 1) this.#open();
  }

  #received(entries: readonly Entry[]): void {
    const { user, records } = this.#world;
    this.#durable(entries.flatMap(({ id, author }) => (author === user ? [id] : [])));
    // Changes may be back before the message that they speak of: these were refused, and have a target now.
    const targets = new Set(entries.map(({ id }) => id));
    for (const { id, entry, delivery } of records) {
      const hasTarget = entry.kind !== 'message' && targets.has(entry.target) && !targets.has(id);
      if (hasTarget && delivery.status === 'refused' && delivery.refusal.code === 'invalid-update')
        this.#do({ type: 'retry', id });
    }
  }

  #durable(ids: readonly EntryId[], shownAt?: ShownAt): void {
    // First: what is in flight without a record is what has been taken back.
    const wasHeld = this.#release(ids);
    const isNews = this.#settle(ids, shownAt);
    if (!wasHeld && !isNews) return;
    this.#change({ failures: 0, authRefusals: 0 });
    this.#push();
  }

  #settle(ids: readonly EntryId[], shownAt: ShownAt = {}): boolean {
    const known = new Set(ids);
    if (!this.#world.records.some((record) => known.has(record.id) && isAwaited(record))) return false;
    this.#do({ type: 'settle', ids, shownAt });
    this.#isOutdated = true;
    return true;
  }

  #outboxChanged(sent: readonly EntryId[]): void {
    this.#release(sent);
    // What its author has taken back, in whichever tab, must not be sent (again).
    const pending = new Set(
      this.#world.records.flatMap(({ id, delivery }) => (delivery.status === 'pending' ? [id] : [])),
    );
    if (this.#held.some((id) => !pending.has(id))) this.#replaceDocument('stored');
    this.#push();
    this.#refusePending();
  }

  /** [R8] In a tablo that is not ours any more nothing can be sent: what was written in its last moment, or tried again, comes back with the reason. */
  #refusePending(): void {
    const { closed } = this.#world;
    if (closed === null) return;
    const ids = this.#world.records.flatMap(({ id, delivery }) => (delivery.status === 'pending' ? [id] : []));
    if (ids.length > 0) this.#do({ type: 'refuse', ids, refusal: closed });
  }

  #refused(code: ReasonCode, message: string, ids: readonly EntryId[]): void {
    const { user, document, takenOut } = this.#world;
    // Others' entries that the server itself had shown us: it refuses what this device has stored, and none of what is in flight.
    if (code === 'not-your-entry' && ids.some((id) => (document?.get(id)?.author ?? user) !== user)) {
      this.#do({ type: 'doubt-numbers' });
      return this.#replaceDocument('empty', this.#lostOf(document?.entries ?? []));
    }
    const refusal = createRefusal(code, message);
    if (ids.length > 0 && ids.every((id) => takenOut.includes(id))) return this.#refuseTakenOut(ids, refusal);
    const held = this.#held;
    const named = held.filter((id) => ids.includes(id));
    const blamed = named.length > 0 ? named : held;
    const isQuestion = this.state.phase === 'checking' && ids.length === 0 && held.length === 0;
    this.#change({ phase: 'away' });
    if (code === 'epoch-moved') {
      // The list tells where to; until it does, this document takes nothing.
      this.#do({ type: 'refresh-list' });
      return this.#replaceDocument('stored');
    }
    switch (REASONS[code].next) {
      case 'never':
        if (blamed.length > 0) this.#do({ type: 'refuse', ids: blamed, refusal });
        break;
      case 'backoff':
        this.#holdBack();
        // Nothing of ours was in flight but a question: asked again later, in the same place.
        if (isQuestion) return this.#stop('answer');
        break;
      case 'after-auth':
        this.#do({ type: 'expire-token' });
        this.#change({ authRefusals: this.state.authRefusals + 1 });
        if (this.state.authRefusals > 1) this.#holdBack();
        break;
      case 're-home': {
        // Nothing of ours was in flight: what is refused is what this device had stored, which the server no longer knows (a restored backup).
        const isOfOthers = code === 'not-your-entry' && ids.length === 0;
        if (held.length === 0 || ids.some((id) => !held.includes(id)) || isOfOthers) {
          this.#holdBack();
          return this.#replaceDocument('empty', this.#lostOf(document?.entries ?? []));
        }
        this.#narrow(blamed, refusal);
        break;
      }
    }
    this.#replaceDocument('stored');
  }

  /** Nothing is missing in the document: it is kept, and what came after them is in flight. */
  #refuseTakenOut(ids: readonly EntryId[], refusal: Refusal): void {
    this.#release(ids);
    this.#do({ type: 'refuse', ids, refusal });
    // What else becomes of them is asked, as after a join: one may have been taken back meanwhile.
    if (this.state.phase === 'open' && !this.state.waits.has('hold')) this.#check(1);
  }

  #narrow(blamed: readonly EntryId[], refusal: Refusal): void {
    const suspects = this.state.suspects.slice(1);
    this.#change({ suspects });
    if (blamed.length === 1) return this.#do({ type: 'refuse', ids: blamed, refusal });
    const middle = Math.ceil(blamed.length / 2);
    this.#change({ suspects: [blamed.slice(0, middle), blamed.slice(middle), ...suspects] });
  }

  /** What may be pushed now. */
  #push(): void {
    if (this.state.phase !== 'open' || this.state.waits.has('hold') || this.#isOutdated) return;
    if (this.#replaced().some((id) => !this.state.askedReplaced.has(id))) return this.#check(1);
    const entries = this.#mine();
    if (this.state.suspects.length > 0 && !this.#isCleared(entries)) return;
    const sizes = new Map(this.#held.map((id) => [id, this.state.sizes.get(id) ?? 0]));
    let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const chunk of chunksOf(entries)) {
      // The rest when these are durable.
      if (bytes > 0 && bytes + chunk.bytes > MAX_HELD_BYTES) break;
      bytes += chunk.bytes;
      for (const { id } of chunk.entries) sizes.set(id, chunk.bytes / chunk.entries.length);
      this.#send(chunk.entries);
    }
    this.#change({ sizes });
  }

  /** Whether nothing is suspected any more; otherwise the next group is in flight. */
  #isCleared(entries: readonly MemberEntry[]): boolean {
    if (this.#held.length > 0) return false;
    for (const [nth, group] of this.state.suspects.entries()) {
      const suspects = new Set(group);
      const left = entries.filter(({ id }) => suspects.has(id));
      if (left.length === 0) continue;
      this.#change({ suspects: this.state.suspects.slice(nth) });
      this.#send(left);
      return false;
    }
    this.#change({ suspects: [] });
    return true;
  }

  #send(entries: readonly MemberEntry[]): void {
    this.#do({ type: 'push', entries });
    this.#held = [...this.#held, ...entries.map(({ id }) => id)];
    this.#waitIfUnset('ask');
  }

  /** Pending, not on the document, and for this tab to push. */
  #mine(): readonly MemberEntry[] {
    const { ready, document, tab, now, ownerGraceMs } = this.#world;
    if (document === null) return [];
    const held = new Set(this.#held);
    const records = ready.filter(({ id }) => document.get(id) === null && !held.has(id));
    // Every tab has every pending entry: those of a living tab are left to it for a while, those of a dead one to the first tab, or all of them would push.
    const left = records.filter(({ owner }) => owner !== tab.id && (tab.isAlive(owner) || !tab.isFirst));
    const leftSince = new Map(left.map(({ id }) => [id, this.state.leftSince.get(id) ?? now]));
    this.#change({ leftSince });
    // In the order of writing: what comes after another tab's entry waits with it [R5].
    const waiting = records.findIndex(({ id }) => now - (leftSince.get(id) ?? Number.NEGATIVE_INFINITY) < ownerGraceMs);
    if (waiting >= 0) this.#waitIfUnset('grace');
    return (waiting < 0 ? records : records.slice(0, waiting)).map(({ entry }) => entry);
  }

  #replaced(): readonly EntryId[] {
    return this.#idsOf(({ delivery }) => delivery.status === 'withdrawn' && delivery.replacedBy !== null);
  }

  #idsOf(isMeant: (record: OutboxRecord) => boolean): readonly EntryId[] {
    return this.#world.records.flatMap((record) => (isAwaited(record) && isMeant(record) ? [record.id] : []));
  }

  /** Own entries without a record: if the server has lost them, they are nowhere else. */
  #lostOf(entries: Iterable<Entry>): readonly MemberEntry[] {
    const kept = new Set(this.#world.records.map(({ id }) => id));
    return ownOf(entries, this.#world.user).filter(({ id }) => !kept.has(id));
  }

  #holdAgain(entries: readonly MemberEntry[]): void {
    if (entries.length > 0) this.#do({ type: 'hold-again', entries });
  }

  #release(ids: readonly EntryId[]): boolean {
    const known = new Set(ids);
    const released = this.#held.filter((id) => known.has(id));
    if (released.length === 0) return false;
    this.#held = this.#held.filter((id) => !known.has(id));
    this.#do({ type: 'release', ids: released });
    return true;
  }

  #replaceDocument(from: Home, again: readonly MemberEntry[] = []): void {
    this.#leave();
    this.#do({ type: 'replace-document', from, again });
  }

  #holdBack(): void {
    const { failures } = this.state;
    this.#change({ failures: failures + 1 });
    this.#wait('hold', failures);
  }

  #waitIfUnset(wait: Wait): void {
    if (!this.state.waits.has(wait)) this.#wait(wait);
  }

  #wait(wait: Wait, failures?: number): void {
    this.#change({ waits: new Set([...this.state.waits, wait]) });
    this.#do(failures === undefined ? { type: 'wait', wait } : { type: 'wait', wait, failures });
  }

  #stop(wait: Wait): void {
    if (!this.state.waits.has(wait)) return;
    this.#change({ waits: new Set([...this.state.waits].filter((other) => other !== wait)) });
    this.#do({ type: 'stop-waiting', wait });
  }

  #change(change: Partial<DeliveryState>): void {
    this.state = { ...this.state, ...change };
  }

  #do(effect: Effect): void {
    this.effects.push(effect);
  }
}

export const ownOf = (entries: Iterable<Entry>, user: UserId): readonly MemberEntry[] =>
  [...entries].flatMap((entry) => (entry.kind !== 'arrival' && entry.author === user ? [entry] : []));
