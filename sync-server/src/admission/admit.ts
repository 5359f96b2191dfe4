/**
 * Admission: the one decision whether an update may enter. Pure: everything it must know is handed in. All or nothing per update.
 *
 * Order of the questions: what of it is new → does it connect (no gap) → whose clientIDs → well-formed entries of the sender → membership, epoch and
 * role → is the id unused, or the identical entry [R4] → may the sender touch the target [R3].
 */
import { createRefusal, type ReasonCode, type Refusal } from '@tablo/schema/close-codes';
import { checkNewEntry, encodeEntryContent, type MemberEntry, parseEntry, readClaimedId } from '@tablo/schema/entry';
import { type EntryId, isEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { MAX_EDITS, MAX_OWN_REACTION_KINDS, MAX_REACTION_KINDS } from '@tablo/schema/limits';
import { canModerate, canWrite, type Role } from '@tablo/schema/roles';
import type { Run } from './decode-update.ts';
import type { FrontierView } from './frontier.ts';
import { Tally } from './tally.ts';

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
  /** Every emoji that was ever used on the message. */
  emojiOn(message: EntryId): ReadonlySet<string>;
  /** Those of them that this member used. */
  ownEmojiOn(message: EntryId, user: UserId): ReadonlySet<string>;
  /** How often the message was edited. */
  editsOf(message: EntryId): number;
  /** [R3] Who was first to show this clientID in the live epoch; null: nobody has. Known of clientIDs that have written nothing. */
  clientOwner(tablo: TabloId, client: number): UserId | null;
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
      /** Runs with what the server lacked, in an order in which each connects to what is before it. Null: the server writes `fresh` under a clientID of its own. */
      readonly runs: readonly Run[] | null;
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
    assertOwnership(lacking, applicant, frontier, facts);
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
    return { type: 'accepted', runs: null, ...sortOut([parseOwn(entry, applicant)], applicant, facts, digest, true) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { type: 'refused', refusal: error.refusal, ids: [entry.id], isGap: false };
  }
}

/**
 * What a client brings along from an earlier document of the tablo, under clientIDs and clocks that mean nothing in the live one. Whatever is durable already, of
 * whomever, is known; what is new must be the sender's own, and enters by the server's hand.
 */
export function admitCarriedOver(
  runs: readonly Run[],
  applicant: Applicant,
  facts: Facts,
  digest: (content: string) => string,
): Admission {
  try {
    const own: MemberEntry[] = [];
    for (const value of runs.flatMap((run) => run.entries)) {
      const parsed = parseEntry(value);
      // Arrivals are the server's own notes of the earlier document: the rows hold what they say.
      if (parsed.ok && (parsed.value.kind === 'arrival' || isDurable(parsed.value, applicant, facts, digest))) continue;
      own.push(parseOwn(value, applicant));
    }
    if (own.length === 0 && facts.role(applicant.tabloId, applicant.userId) !== null) return { type: 'known' };
    assertMembership(applicant, facts);
    return { type: 'accepted', runs: null, ...sortOut(own, applicant, facts, digest) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { type: 'refused', refusal: error.refusal, ids: claimedIds(runs), isGap: error.isGap };
  }
}

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

/** Messages that reactions among `values` speak of. */
export function reactedTo(values: Iterable<unknown>): Set<EntryId> {
  const ids = new Set<EntryId>();
  for (const value of values) {
    const { kind, target } = value as { readonly kind?: unknown; readonly target?: unknown };
    if (kind === 'reaction' && isEntryId(target)) ids.add(target);
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
    true,
  );
}

/** The first one last, where it is taken from. */
const byClock = (runs: readonly Run[]): Run[] => runs.toSorted((left, right) => right.clock - left.clock);
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
  const tally = new Tally(facts);
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
    assertRoom(entry, tally);
    tally.note(entry);
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

/** An emoji that is used already is never too much: a reaction may always be taken back. */
function assertRoom(entry: MemberEntry, tally: Tally): void {
  if (entry.kind === 'edit' && tally.editsOf(entry.target) >= MAX_EDITS)
    throw new Refused('invalid-update', `A message can be edited ${MAX_EDITS} times.`);
  if (entry.kind !== 'reaction') return;
  const { target, author, emoji } = entry;
  const own = tally.ownEmojiOn(target, author);
  if (own.has(emoji)) return;
  if (own.size >= MAX_OWN_REACTION_KINDS)
    throw new Refused('invalid-update', `A member can use ${MAX_OWN_REACTION_KINDS} different emoji on a message.`);
  const all = tally.emojiOn(target);
  if (!all.has(emoji) && all.size >= MAX_REACTION_KINDS)
    throw new Refused('invalid-update', `A message can have ${MAX_REACTION_KINDS} different emoji.`);
}
