/**
 * Admission: the one place that decides which parts of an update may enter. Pure: all facts are parameters.
 *
 * Of the update as a whole: what of it is new → membership, epoch and role → whose clientIDs [R3] → does it delete or insert [R2] → does it connect (no gap)
 * → is all of it the sender's. One refusal refuses the whole update, and nothing of it is kept.
 * Of each entry: is it well-formed → is the id unused, or the identical entry [R4] → may the sender touch the target [R3]. A refusal concerns that entry alone: its clock
 * becomes void (`VOID`), and later entries of its author still connect. So a client that knows nothing of refusals goes on with its document [R8].
 *
 * Invariant: a void clock is never answered as known. A client that still sends an entry for it is refused again. Otherwise a refused entry would be acknowledged [R1].
 */
import { createRefusal } from '@tablo/schema/close-codes';
import { encodeEntryContent, type MemberEntry, parseEntry, readClaimedId } from '@tablo/schema/entry';
import { type EntryId, isEntryId, type UserId } from '@tablo/schema/ids';
import { canWrite } from '@tablo/schema/roles';
import type { Admission, Applicant, EntryRefusal, Facts } from './admission.ts';
import type { FrontierView } from './frontier.ts';
import { compareHeld, trimKnown } from './held.ts';
import { Refusals, Refused } from './refusals.ts';
import { type ItemId, type Run, type Update, VOID } from './run.ts';
import { assertOwn, EntrySorter } from './sort-entries.ts';

/** `digest` maps `encodeEntryContent` to what `KnownEntry.digest` holds. */
export function admit(
  update: Update,
  applicant: Applicant,
  frontier: FrontierView,
  facts: Facts,
  digest: (content: string) => string,
): Admission {
  const { runs } = update;
  const lacking = trimKnown(runs, frontier);
  const refusals = new Refusals();
  try {
    refuseAgain(assertConsistent(update, frontier), applicant, facts, digest, refusals);
    if (lacking.length === 0 && refusals.isEmpty) return { type: 'known' };
    assertMembership(applicant, facts);
    assertOwnVoids(lacking, applicant, frontier, facts);
    assertOwnership(lacking, applicant, frontier, facts);
    const ordered = connect(lacking, frontier);
    assertAppends(ordered, frontier);
    assertAuthor(ordered, applicant);
    const sorter = new EntrySorter(applicant, facts, digest, refusals);
    const entered = ordered.map((run) => ({
      ...run,
      entries: run.entries.map((value) => (value === VOID ? VOID : sorter.take(value))),
    }));
    return { type: 'accepted', runs: entered, ...sorter.result() };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.asAdmission(claimedIds(lacking.length > 0 ? lacking : runs));
  }
}

/** The entries of one run that the server writes itself. They pass the same checks, except for clocks and clientIDs. */
export function admitEntry(
  entry: MemberEntry,
  applicant: Applicant,
  facts: Facts,
  digest: (content: string) => string,
): Admission {
  try {
    assertMembership(applicant, facts);
    const sorter = new EntrySorter(applicant, facts, digest, new Refusals(), true);
    sorter.sort(entry);
    return { type: 'accepted', runs: null, ...sorter.result() };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.asAdmission([entry.id]);
  }
}

/**
 * Handles what a client brings from an earlier document of the tablo, under clientIDs and clocks that mean nothing in the live one. Durable entries of
 * any author are known. New entries must be the sender's own, and the server writes them. Entries that were refused there are deleted content, and are ignored here.
 */
export function admitCarriedOver(
  runs: readonly Run[],
  applicant: Applicant,
  facts: Facts,
  digest: (content: string) => string,
): Admission {
  const refusals = new Refusals();
  try {
    const own: (readonly [value: unknown, place: ItemId])[] = [];
    for (const [value, place] of runs.flatMap(placesOf)) {
      if (value === VOID) continue;
      const parsed = parseEntry(value);
      // Arrivals are the server's own notes of the earlier document: the rows hold what they say.
      if (parsed.ok && (parsed.value.kind === 'arrival' || isDurable(parsed.value, applicant, facts, digest))) continue;
      assertOwn(value, applicant);
      own.push([value, place]);
    }
    if (own.length === 0 && facts.role(applicant.tabloId, applicant.userId) !== null) return { type: 'known' };
    assertMembership(applicant, facts);
    const sorter = new EntrySorter(applicant, facts, digest, refusals);
    const dropped = own.flatMap(([value, place]) => (sorter.take(value) === VOID ? [place] : []));
    return { type: 'accepted', runs: null, dropped, ...sorter.result() };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.asAdmission(claimedIds(runs));
  }
}

const placesOf = ({ client, clock, entries }: Run): readonly (readonly [value: unknown, place: ItemId])[] =>
  entries.map((value, nth) => [value, { client, clock: clock + nth }] as const);

function isDurable(
  entry: MemberEntry,
  { tabloId }: Applicant,
  facts: Facts,
  digest: (content: string) => string,
): boolean {
  const known = facts.entry(entry.id);
  return (
    known !== undefined &&
    known.tabloId === tabloId &&
    known.sentAt === entry.sentAt &&
    known.digest === digest(encodeEntryContent(entry))
  );
}

/** The entry ids and targets that `facts` has to cover. Reads without checking: malformed entries are refused later. */
export function idsToLookUp(values: Iterable<unknown>): Set<EntryId> {
  const ids = new Set<EntryId>();
  for (const value of values) {
    const { id, target } = value as { readonly id?: unknown; readonly target?: unknown };
    if (isEntryId(id)) ids.add(id);
    if (isEntryId(target)) ids.add(target);
  }
  return ids;
}

/** The target messages of the reactions among `values`. */
export function reactedTo(values: Iterable<unknown>): Set<EntryId> {
  const ids = new Set<EntryId>();
  for (const value of values) {
    const { kind, target } = value as { readonly kind?: unknown; readonly target?: unknown };
    if (kind === 'reaction' && isEntryId(target)) ids.add(target);
  }
  return ids;
}

/** Returns what was refused before. */
function assertConsistent(update: Update, frontier: FrontierView): readonly unknown[] {
  const { contradicts, refusedBefore, deletesHeld, deletesMore } = compareHeld(update, frontier);
  if (contradicts) throw new Refused('invalid-update', 'This clientID has written other entries in the same places.');
  if (deletesHeld || deletesMore) throw new Refused('invalid-update', DELETES, { namesNone: true });
  return refusedBefore;
}

/** Refused entries that the sender has sent again, with what is wrong with them. */
export function refuseAgain(
  values: readonly unknown[],
  applicant: Applicant,
  facts: Facts,
  digest: (content: string) => string,
  refusals = new Refusals(),
): readonly EntryRefusal[] {
  const sorter = new EntrySorter(applicant, facts, digest, refusals);
  for (const value of values) if (sorter.take(value) !== VOID) refusals.add(value, REFUSED_BEFORE);
  return refusals.list();
}

/**
 * A client may bring void clocks of its own: the server has forgotten them (it was restored from a backup), or they were deleted before anybody had them. Void clocks of others
 * come from this server, and only their author may bring them. The refusal names no entry, since no entry is wrong.
 */
function assertOwnVoids(
  lacking: readonly Run[],
  { tabloId, userId }: Applicant,
  frontier: FrontierView,
  facts: Facts,
): void {
  const own = new Set(lacking.flatMap((run) => (run.entries.some((value) => isBy(value, userId)) ? [run.client] : [])));
  const ownerOf = (client: number) => frontier.ownerOf(client) ?? facts.clientOwner(tabloId, client);
  const isOwn = ({ client }: Run): boolean => own.has(client) || ownerOf(client) === userId;
  if (lacking.some((run) => run.entries.includes(VOID) && !isOwn(run)))
    throw new Refused('not-your-entry', 'The update deletes what the server does not know, of somebody else.', {
      namesNone: true,
    });
}

const isBy = (value: unknown, userId: UserId): boolean =>
  value !== VOID && (value as { readonly author?: unknown }).author === userId;

/** [R2] New elements are entries at the end. Only void ones may stand behind the place: `insert(length, …)` comes right after the last entry, in front of them. */
function assertAppends(ordered: readonly Run[], frontier: FrontierView): void {
  const last = new Map<number, ItemId>();
  for (const { client, clock, origin, rightOrigin } of ordered) {
    const goesOn =
      origin !== null && rightOrigin !== undefined && origin.client === client && isSame(last.get(client), rightOrigin);
    if (rightOrigin === undefined) last.delete(client);
    else {
      const isThere = rightOrigin.clock < frontier.nextClock(rightOrigin.client);
      const isVoid = isThere && frontier.elementAt(rightOrigin.client, rightOrigin.clock) === VOID;
      if (!isVoid || !((goesOn && origin.clock === clock - 1) || frontier.isGap(origin, rightOrigin)))
        throw new Refused('invalid-update', 'The update inserts in the middle; entries are only ever appended.');
      last.set(client, rightOrigin);
    }
  }
}

const isSame = (left: ItemId | undefined, right: ItemId): boolean =>
  left !== undefined && left.client === right.client && left.clock === right.clock;

const DELETES = 'The update deletes something; entries are only ever appended.';
/** An entry that was refused then may be right now. */
const REFUSED_BEFORE = createRefusal(
  'invalid-update',
  'This entry was refused before, and its place is taken. Write it again as a new one.',
);

function claimedIds(runs: readonly Run[]): readonly EntryId[] {
  return runs.flatMap((run) => run.entries.flatMap((value) => readClaimedId(value) ?? []));
}

function assertMembership({ tabloId, epoch, userId }: Applicant, facts: Facts): void {
  const live = facts.epoch(tabloId);
  const role = facts.role(tabloId, userId);
  if (live === null || role === null) throw new Refused('forbidden');
  if (live !== epoch) throw new Refused('epoch-moved');
  if (!canWrite(role)) throw new Refused('read-only');
}

function assertOwnership(
  runs: readonly Run[],
  { tabloId, userId }: Applicant,
  frontier: FrontierView,
  facts: Facts,
): void {
  for (const run of runs) {
    const owner = frontier.ownerOf(run.client) ?? facts.clientOwner(tabloId, run.client);
    if (owner !== null && owner !== userId)
      throw new Refused('not-your-entry', 'That clientID writes for somebody else in this tablo.');
  }
}

/**
 * Orders the runs so that each starts at its clientID's next clock, after an element that exists. What cannot be ordered so has a gap. A clientID whose next run
 * waits for an element of another one is looked at again when that one has got so far, so each run is looked at a few times, however they are given.
 */
function connect(runs: readonly Run[], frontier: FrontierView): readonly Run[] {
  const ends = new Map<number, number>();
  const endOf = (client: number): number => ends.get(client) ?? frontier.nextClock(client);
  const left = new Map([...Map.groupBy(runs, ({ client }) => client)].map(([client, own]) => [client, byClock(own)]));
  /** ClientIDs by the one that they wait for. */
  const waiting = new Map<number, Set<number>>();
  const ordered: Run[] = [];
  const ready = [...left.keys()].reverse();
  for (let client = ready.pop(); client !== undefined; client = ready.pop()) {
    const own = left.get(client) ?? [];
    const before = ordered.length;
    for (let run = own.at(-1); run !== undefined && run.clock === endOf(client); run = own.at(-1)) {
      const { origin } = run;
      if (origin !== null && origin.clock >= endOf(origin.client)) {
        waiting.set(origin.client, (waiting.get(origin.client) ?? new Set()).add(client));
        break;
      }
      ends.set(client, run.clock + run.entries.length);
      ordered.push(run);
      own.pop();
    }
    if (ordered.length === before) continue;
    ready.push(...(waiting.get(client) ?? []));
    waiting.delete(client);
  }
  if (ordered.length === runs.length) return ordered;
  throw new Refused(
    'invalid-update',
    'Earlier entries are missing: the update does not connect to what the server has.',
    { isGap: true },
  );
}

/** In reverse order, since items are taken from the end. */
const byClock = (runs: readonly Run[]): Run[] => runs.toSorted((left, right) => right.clock - left.clock);
/** A client that brings entries of others has them from a server that was restored since. Nothing of it becomes void, or its author could not bring it either. */
function assertAuthor(runs: readonly Run[], applicant: Applicant): void {
  for (const { entries } of runs) for (const value of entries) if (value !== VOID) assertOwn(value, applicant);
}
