/**
 * Admission: the one decision whether an update may enter. Pure: everything it must know is handed in. All or nothing per update.
 *
 * Order of the questions: what of it is new → does it connect (no gap) → whose clientIDs → well-formed entries of the sender → membership, epoch and
 * role → is the id unused, or the identical entry [R4] → may the sender touch the target [R3].
 */
import { createRefusal, type ReasonCode, type Refusal } from '@tablo/schema/close-codes';
import { checkNewEntry, encodeEntryContent, type MemberEntry, parseEntry, readClaimedId } from '@tablo/schema/entry';
import { type EntryId, isEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { canModerate, canWrite, type Role } from '@tablo/schema/roles';
import type { ItemId, Run } from './decode-update.ts';
import type { FrontierView } from './frontier.ts';

/** What the ledger knows of an entry that was admitted before, in whichever tablo and epoch. */
export interface KnownEntry {
  readonly tabloId: TabloId;
  readonly kind: MemberEntry['kind'];
  readonly author: UserId;
  readonly sentAt: number;
  /** ms since the Unix epoch; differs from `sentAt` for an entry that came late. */
  readonly shownAt: number;
  readonly digest: string;
}

/** Facts read in the transaction that will hold the decision. */
export interface Facts {
  /** Undefined: never seen. Includes what the same batch accepted before. */
  entry(id: EntryId): KnownEntry | undefined;
  /** The live epoch; null when there is no such tablo (any more). */
  epoch(tablo: TabloId): number | null;
  /** Null: not a member. */
  role(tablo: TabloId, user: UserId): Role | null;
}

export interface Applicant {
  readonly tabloId: TabloId;
  readonly epoch: number;
  readonly userId: UserId;
}

export interface FreshEntry {
  readonly entry: MemberEntry;
  readonly digest: string;
}

export type Admission =
  /** The server has all of it already. */
  | { readonly type: 'known' }
  | {
      readonly type: 'accepted';
      /** Runs with what the server lacked, in an order in which each connects to what is before it. */
      readonly runs: readonly Run[];
      /** Entries whose ids are new, in that order. */
      readonly fresh: readonly FreshEntry[];
      /** Entries that were durable before under the same id: they enter the document again, but not the rows. */
      readonly repeated: readonly MemberEntry[];
    }
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly ids: readonly EntryId[]; readonly isGap: boolean };

class Refused extends Error {
  readonly refusal: Refusal;
  readonly isGap: boolean;
  constructor(code: ReasonCode, message?: string, isGap = false) {
    super(code);
    this.refusal = createRefusal(code, message);
    this.isGap = isGap;
  }
}

/** `digest` maps `encodeEntryContent` to what `KnownEntry.digest` holds. */
export function admit(
  runs: readonly Run[],
  applicant: Applicant,
  frontier: FrontierView,
  facts: Facts,
  digest: (content: string) => string,
): Admission {
  const lacking = trimKnown(runs, frontier);
  try {
    assertConsistent(runs, frontier);
    if (lacking.length === 0) return { type: 'known' };
    assertMembership(applicant, facts);
    assertOwnership(lacking, applicant, frontier);
    const ordered = connect(lacking, frontier);
    const entries = ordered.flatMap((run) => run.entries.map((value) => parseOwn(value, applicant)));
    return { type: 'accepted', runs: ordered, ...sortOut(entries, applicant, facts, digest) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return {
      type: 'refused',
      refusal: error.refusal,
      ids: claimedIds(lacking.length > 0 ? lacking : runs),
      isGap: error.isGap,
    };
  }
}

/** The entries of one run that enter by the server's hand, under the same questions but for clocks and clientIDs. */
export function admitEntry(
  entry: MemberEntry,
  applicant: Applicant,
  facts: Facts,
  digest: (content: string) => string,
): Admission {
  try {
    assertMembership(applicant, facts);
    return { type: 'accepted', runs: [], ...sortOut([parseOwn(entry, applicant)], applicant, facts, digest, true) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { type: 'refused', refusal: error.refusal, ids: [entry.id], isGap: false };
  }
}

/** Entry ids and targets that `facts` will be asked for. Reads without judging: what is malformed is refused later. */
export function idsToLookUp(values: Iterable<unknown>): Set<EntryId> {
  const ids = new Set<EntryId>();
  for (const value of values) {
    const { id, target } = value as { readonly id?: unknown; readonly target?: unknown };
    if (isEntryId(id)) ids.add(id);
    if (isEntryId(target)) ids.add(target);
  }
  return ids;
}

/** What the server lacks of each run: a SyncStep2 repeats whatever the sender cannot know to be here. */
export function trimKnown(runs: readonly Run[], frontier: FrontierView): readonly Run[] {
  return runs.flatMap((run) => {
    const known = frontier.nextClock(run.client) - run.clock;
    if (known <= 0) return [run];
    if (known >= run.entries.length) return [];
    const clock = run.clock + known;
    return [
      {
        client: run.client,
        clock,
        origin: { client: run.client, clock: clock - 1 },
        entries: run.entries.slice(known),
      },
    ];
  });
}

/** Whether the server has all of it, entry by entry: then it is durable, and nothing needs deciding. */
export function isKnown(runs: readonly Run[], frontier: FrontierView): boolean {
  return trimKnown(runs, frontier).length === 0 && !contradicts(runs, frontier);
}

/**
 * One clientID on two devices (a cloned profile, a restored disk) fills the same clocks with different entries. Yjs would take the second for the first and drop
 * it without a word (TRAPS 4.1); acknowledged, it would be lost.
 */
function contradicts(runs: readonly Run[], frontier: FrontierView): boolean {
  return runs.some((run) =>
    run.entries.some((entry, nth) => {
      if (run.clock + nth >= frontier.nextClock(run.client)) return false;
      const held = frontier.elementAt(run.client, run.clock + nth);
      return held !== undefined && JSON.stringify(held) !== JSON.stringify(entry);
    }),
  );
}

function assertConsistent(runs: readonly Run[], frontier: FrontierView): void {
  if (contradicts(runs, frontier))
    throw new Refused('invalid-update', 'This clientID has written other entries in the same places.');
}

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

function assertOwnership(runs: readonly Run[], { userId }: Applicant, frontier: FrontierView): void {
  for (const run of runs) {
    const owner = frontier.ownerOf(run.client);
    if (owner !== null && owner !== userId)
      throw new Refused('not-your-entry', 'That clientID writes for somebody else in this tablo.');
  }
}

/** Orders the runs so that each starts at its clientID's next clock, after an element that exists. What cannot be ordered so has a gap. */
function connect(runs: readonly Run[], frontier: FrontierView): readonly Run[] {
  const ends = new Map<number, number>();
  const endOf = (client: number): number => ends.get(client) ?? frontier.nextClock(client);
  const exists = (id: ItemId | null): boolean => id === null || id.clock < endOf(id.client);
  const ordered: Run[] = [];
  let waiting = runs;
  while (waiting.length > 0) {
    const left = waiting.filter((run) => {
      if (run.clock !== endOf(run.client) || !exists(run.origin)) return true;
      ends.set(run.client, run.clock + run.entries.length);
      ordered.push(run);
      return false;
    });
    if (left.length === waiting.length) {
      throw new Refused(
        'invalid-update',
        'Earlier entries are missing: the update does not connect to what the server has.',
        true,
      );
    }
    waiting = left;
  }
  return ordered;
}

const toSentence = (words: string): string => `${words[0]?.toUpperCase()}${words.slice(1)}.`;

function parseOwn(value: unknown, { userId }: Applicant): MemberEntry {
  const parsed = parseEntry(value);
  if (!parsed.ok) throw new Refused('invalid-update', toSentence(parsed.error));
  const entry = parsed.value;
  if (entry.kind === 'arrival') throw new Refused('not-your-entry', 'Only the server records arrivals.');
  if (entry.author !== userId) throw new Refused('not-your-entry', 'The author of an entry must be who sends it.');
  return entry;
}

interface Sorted {
  readonly fresh: readonly FreshEntry[];
  readonly repeated: readonly MemberEntry[];
}

function sortOut(
  entries: readonly MemberEntry[],
  applicant: Applicant,
  facts: Facts,
  digest: (content: string) => string,
  ignoresSentAt = false,
): Sorted {
  const seen = new Map<EntryId, KnownEntry>();
  const fresh: FreshEntry[] = [];
  const repeated: MemberEntry[] = [];
  const find = (id: EntryId): KnownEntry | undefined => seen.get(id) ?? facts.entry(id);
  for (const entry of entries) {
    const own = {
      ...entry,
      tabloId: applicant.tabloId,
      shownAt: entry.sentAt,
      digest: digest(encodeEntryContent(entry)),
    };
    const known = find(entry.id);
    if (known !== undefined) {
      const isSame =
        known.tabloId === own.tabloId && known.digest === own.digest && (ignoresSentAt || known.sentAt === own.sentAt);
      if (!isSame) throw new Refused('duplicate-id');
      repeated.push(entry);
      continue;
    }
    // Not of what is durable: an earlier release may have taken it, and a client that sends it again must be told so [R4].
    const wrong = checkNewEntry(entry);
    if (wrong !== null) throw new Refused('invalid-update', toSentence(wrong));
    assertTarget(entry, applicant, facts, find);
    seen.set(entry.id, own);
    fresh.push({ entry, digest: own.digest });
  }
  return { fresh, repeated };
}

function assertTarget(
  entry: MemberEntry,
  { tabloId, userId }: Applicant,
  facts: Facts,
  find: (id: EntryId) => KnownEntry | undefined,
): void {
  if (entry.kind === 'message') return;
  const target = find(entry.target);
  if (target === undefined || target.tabloId !== tabloId || target.kind !== 'message') {
    throw new Refused('invalid-update', 'The target is not a message of this tablo.');
  }
  if (entry.kind === 'reaction' || target.author === userId) return;
  const role = facts.role(tabloId, userId);
  if (entry.kind === 'delete' && role !== null && canModerate(role)) return;
  throw new Refused(
    'not-your-entry',
    entry.kind === 'edit' ? 'Only its author may edit a message.' : 'Only its author or an admin may delete a message.',
  );
}
