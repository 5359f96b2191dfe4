/** The parts of `step` that decide when an entry is pushed, and together with which others. The server is asked first which entries it holds. */
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import { isAwaited } from '../outbox/outbox-decisions.ts';
import type { OutboxRecord } from '../store/local-store.ts';
import type { Turn } from './turn.ts';

/** Far below what the server takes, so that a long backlog shows progress and other tablos get their turn. */
const CHUNK_ENTRIES = 500;
const CHUNK_BYTES = 512 * 1024;
/** In flight at a time. After a cut all of them go again as one update, and a frame that is too large for the server ends every next socket too (TRAPS 1.4). */
const MAX_HELD_BYTES = 2 * 1024 * 1024;
export const CHECK_IDS = 10_000;

/** `nth`: 1, or one more than the check that got no answer. */
export function check(turn: Turn, nth: number): void {
  const doubtful = idsOf(turn, ({ delivery }) => delivery.status !== 'refused');
  turn.change({
    asked: new Set(doubtful),
    askedReplaced: new Set(replaced(turn)),
    answersLeft: Math.ceil(doubtful.length / CHECK_IDS),
    checks: nth,
  });
  if (doubtful.length === 0) return open(turn);
  turn.change({ phase: 'checking' });
  for (let from = 0; from < doubtful.length; from += CHECK_IDS)
    turn.do({ type: 'check', ids: doubtful.slice(from, from + CHECK_IDS) });
  turn.wait('answer');
}

export function open(turn: Turn): void {
  turn.stop('answer');
  turn.change({ phase: 'open' });
  push(turn);
}

/** What may be pushed now. */
export function push(turn: Turn): void {
  const { phase, waits, suspects, askedReplaced, sizes: known } = turn.state;
  if (phase !== 'open' || waits.has('hold') || turn.isOutdated) return;
  if (replaced(turn).some((id) => !askedReplaced.has(id))) return check(turn, 1);
  const entries = mine(turn);
  if (suspects.length > 0 && !areCleared(turn, suspects, entries)) return;
  const sizes = new Map(turn.held.map((id) => [id, known.get(id) ?? 0]));
  let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  for (const chunk of chunksOf(entries)) {
    // The rest when these are durable.
    if (bytes > 0 && bytes + chunk.bytes > MAX_HELD_BYTES) break;
    bytes += chunk.bytes;
    for (const { id } of chunk.entries) sizes.set(id, chunk.bytes / chunk.entries.length);
    turn.send(chunk.entries);
  }
  turn.change({ sizes });
}

/** Returns whether no group is suspected any more. Otherwise one group is in flight, alone. */
function areCleared(turn: Turn, groups: readonly (readonly EntryId[])[], entries: readonly MemberEntry[]): boolean {
  if (turn.held.length > 0) return false;
  for (const [nth, group] of groups.entries()) {
    const suspects = new Set(group);
    const left = entries.filter(({ id }) => suspects.has(id));
    if (left.length === 0) continue;
    turn.change({ suspects: groups.slice(nth) });
    turn.send(left);
    return false;
  }
  turn.change({ suspects: [] });
  return true;
}

/** Pending, not on the document, and for this tab to push. */
function mine(turn: Turn): readonly MemberEntry[] {
  const { ready, document, tab, now, ownerGraceMs } = turn.world;
  if (document === null) return [];
  const held = new Set(turn.held);
  const records = ready.filter(({ id }) => document.get(id) === null && !held.has(id));
  // Every tab has every pending entry: those of a living tab are left to it for a while, those of a dead one to the first tab, or all of them would push.
  const left = records.filter(({ owner }) => owner !== tab.id && (tab.isAlive(owner) || !tab.isFirst));
  const leftSince = new Map(left.map(({ id }) => [id, turn.state.leftSince.get(id) ?? now]));
  turn.change({ leftSince });
  // In the order of writing: what comes after another tab's entry waits with it [R5].
  const waiting = records.findIndex(({ id }) => now - (leftSince.get(id) ?? Number.NEGATIVE_INFINITY) < ownerGraceMs);
  if (waiting >= 0) turn.waitIfUnset('grace');
  return (waiting < 0 ? records : records.slice(0, waiting)).map(({ entry }) => entry);
}

/** Withdrawn entries that were replaced by others, and may be durable all the same. */
function replaced(turn: Turn): readonly EntryId[] {
  return idsOf(turn, ({ delivery }) => delivery.status === 'withdrawn' && delivery.replacedBy !== null);
}

function idsOf({ world }: Turn, isMeant: (record: OutboxRecord) => boolean): readonly EntryId[] {
  return world.records.flatMap((record) => (isAwaited(record) && isMeant(record) ? [record.id] : []));
}

/** One by one: of a long backlog only what may go now is looked at. */
function* chunksOf(
  entries: readonly MemberEntry[],
): Generator<{ readonly entries: readonly MemberEntry[]; readonly bytes: number }> {
  const encoder = new TextEncoder();
  let chunk: MemberEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = encoder.encode(JSON.stringify(entry)).length;
    if (chunk.length >= CHUNK_ENTRIES || (chunk.length > 0 && bytes + size > CHUNK_BYTES)) {
      yield { entries: chunk, bytes };
      chunk = [];
      bytes = 0;
    }
    chunk.push(entry);
    bytes += size;
  }
  if (chunk.length > 0) yield { entries: chunk, bytes };
}
