/**
 * Decides what becomes of a tablo's own entries between outbox and document: a pure function of what delivery remembers, what has happened, and a look at
 * outbox and document. Knows neither Yjs nor the socket, no clock and no chance. Its tables stand in `schema/SPEC.md`; `delivery.ts` does what it says.
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
 *    What of that is ours is unsent again, since nobody else sends it, and is asked for before it is pushed; but for what the server has just taken out, of
 *    which it has said what it knows.
 */
import type { Entry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import { unreachable } from '@tablo/schema/result';
import type { DeliveryEvent, DeliveryState, Effect, ShownAt, Wait, World } from './delivery-state.ts';
import { CHECK_IDS, check, open, push } from './push.ts';
import { refused } from './refused.ts';
import { Turn } from './turn.ts';

/** Pushed again into a newer document, an entry stands there without what has changed it since: better to ask again than to push unasked. */
const CHECKS = 4;

export function step(
  state: DeliveryState,
  event: DeliveryEvent,
  world: World,
): readonly [DeliveryState, readonly Effect[]] {
  const turn = new Turn(state, world);
  take(turn, event);
  return [turn.state, turn.effects];
}

function take(turn: Turn, event: DeliveryEvent): void {
  const { records, document } = turn.world;
  switch (event.type) {
    case 'entered':
      // Durable entries whose records outlived them, because the last run ended in between.
      return void turn.settle(records.flatMap(({ id }) => (document?.get(id) != null ? [id] : [])));
    case 'joined':
      return joined(turn);
    case 'left':
      return turn.leave();
    case 'committed':
      return committed(turn, event.messages, event.others, event.shownAt);
    case 'refused':
      return refused(turn, event.code, event.message, event.ids);
    case 'received':
      return received(turn, event.entries);
    case 'taken-out':
      return turn.holdAgain(turn.lostOf(event.entries));
    case 'leaving':
      // For a document of an earlier epoch, which is a sign of a restored backup as well. What we wrote in this one since the backup may be nowhere else.
      if (event.isForEarlier || turn.state.isRestored) turn.holdAgain(turn.lostOf(event.entries));
      return;
    case 'renumbered':
      // Before the cached history is compared with the server's, what is ours in it is kept.
      turn.change({ isRestored: true });
      return turn.do({ type: 'read-cached' });
    case 'cached':
      return turn.replaceDocument('stored', event.entries);
    case 'outbox-changed':
      return outboxChanged(turn, event.sent);
    case 'tab-gone':
      return push(turn);
    case 'closed':
      return refusePending(turn);
    case 'retry':
      turn.stop('hold');
      return goOn(turn);
    case 'waited':
      return waited(turn, event.wait);
    default:
      return unreachable(event);
  }
}

function joined(turn: Turn): void {
  turn.change({ isJoined: true, isRestored: false });
  // Refused, and the reason got lost with the link: they go again, and are refused again.
  turn.release(turn.world.takenOut);
  turn.waitIfUnset('ask');
  // What holds back holds questions back, too: or a limit on these would be run into as fast as the link allows.
  if (!turn.state.waits.has('hold')) check(turn, 1);
}

function goOn(turn: Turn): void {
  if (turn.state.isJoined && turn.state.phase === 'away') check(turn, 1);
  else push(turn);
}

function waited(turn: Turn, wait: Wait): void {
  turn.waited(wait);
  switch (wait) {
    case 'answer':
      return turn.state.checks < CHECKS ? check(turn, turn.state.checks + 1) : open(turn);
    case 'hold':
      return goOn(turn);
    case 'ask':
      if (turn.held.length === 0) return;
      turn.do({ type: 'check', ids: turn.held.slice(0, CHECK_IDS) });
      return turn.wait('ask');
    case 'grace':
      return push(turn);
    default:
      return unreachable(wait);
  }
}

function committed(turn: Turn, messages: readonly EntryId[], others: readonly EntryId[], shownAt?: ShownAt): void {
  const { phase, asked, answersLeft } = turn.state;
  const isAnswer = phase === 'checking' && messages.length === 0 && others.every((id) => asked.has(id));
  durable(turn, [...messages, ...others], shownAt);
  if (!isAnswer) return;
  turn.change({ answersLeft: answersLeft - 1 });
  if (answersLeft <= 1) open(turn);
}

function received(turn: Turn, entries: readonly Entry[]): void {
  const { user, records } = turn.world;
  durable(
    turn,
    entries.flatMap(({ id, author }) => (author === user ? [id] : [])),
  );
  // Changes may be back before the message that they speak of: these were refused, and have a target now.
  const here = new Set(entries.map(({ id }) => id));
  for (const { id, entry, delivery } of records) {
    const hasTarget = entry.kind !== 'message' && here.has(entry.target) && !here.has(id);
    if (hasTarget && delivery.status === 'refused' && delivery.refusal.code === 'invalid-update')
      turn.do({ type: 'retry', id });
  }
}

function durable(turn: Turn, ids: readonly EntryId[], shownAt?: ShownAt): void {
  // First: what is in flight without a record is what has been taken back.
  const wasHeld = turn.release(ids);
  const isNews = turn.settle(ids, shownAt);
  if (!wasHeld && !isNews) return;
  turn.change({ failures: 0, authRefusals: 0 });
  push(turn);
}

function outboxChanged(turn: Turn, sent: readonly EntryId[]): void {
  turn.release(sent);
  const pending = new Set(pendingIds(turn));
  // What its author has taken back, in whichever tab, must not be sent (again).
  if (turn.held.some((id) => !pending.has(id))) turn.replaceDocument('stored');
  push(turn);
  refusePending(turn);
}

/** [R8] In a tablo that is not ours any more nothing can be sent: what was written in its last moment, or tried again, comes back with the reason. */
function refusePending(turn: Turn): void {
  const refusal = turn.world.closed;
  const ids = refusal === null ? [] : pendingIds(turn);
  if (refusal !== null && ids.length > 0) turn.do({ type: 'refuse', ids, refusal });
}

function pendingIds({ world }: Turn): readonly EntryId[] {
  return world.records.flatMap(({ id, delivery }) => (delivery.status === 'pending' ? [id] : []));
}
