/**
 * What a new epoch begins with: the newest messages of the tablo, each as the very entries that were written, under one clientID that belongs to the server
 * alone. So whoever joins finds the recent conversation, in any Yjs client, at a cost that does not depend on the tablo's age [R9].
 *
 * Pure. Who reads the messages leaves the deleted ones out: what was deleted does not come along.
 */
import {
  createArrival,
  type Edit,
  type Entry,
  encodeEntryContent,
  type MemberEntry,
  type Message,
  type Reaction,
} from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import { MAX_ARRIVAL_IDS, SEED_MAX_BYTES, SEED_MAX_MESSAGES } from '@tablo/schema/limits';
import { encodeAppend, encodeRuns } from '../../admission/encode-append.ts';
import { digestContent } from './digest.ts';

/** An entry as it was written, and where it stands in the timeline. */
export interface SeedEntry<E extends MemberEntry = MemberEntry> {
  readonly entry: E;
  /** ms since the Unix epoch. */
  readonly shownAt: number;
  /** Of the entry as it was admitted: the server does not vouch for rows that do not give it back. Absent where it has no text. */
  readonly digest?: string | undefined;
}

export interface SeedMessage {
  readonly message: SeedEntry<Message>;
  /** The edit that stands. */
  readonly edit: SeedEntry<Edit> | null;
  /** Those that are on, at most `SEED_MAX_REACTIONS`. */
  readonly reactions: readonly SeedEntry<Reaction>[];
}

export interface Seed {
  readonly client: number;
  /** Yjs update, encoding version 1. */
  readonly update: Uint8Array;
  /** Messages whose rows do not give back what was admitted: they stay rows. */
  readonly leftOut: readonly EntryId[];
}

/** `newestFirst`: the newest messages by (`shownAt`, `id`) that are not deleted. */
export function createSeed(newestFirst: readonly SeedMessage[]): Seed {
  const leftOut: EntryId[] = [];
  const taken: Entry[][] = [];
  let bytes = 0;
  for (const one of newestFirst.slice(0, SEED_MAX_MESSAGES)) {
    if (!isAsAdmitted(one.message) || (one.edit !== null && !isAsAdmitted(one.edit))) {
      leftOut.push(one.message.entry.id);
      continue;
    }
    const entries = entriesOf(one);
    bytes += measure(entries);
    if (bytes > SEED_MAX_BYTES && taken.length > 0) break;
    taken.push(entries);
  }
  const client = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const entries = taken.reverse().flat();
  // An empty run is none: Yjs would make an element of it that has no length.
  const runs = entries.length === 0 ? [] : [{ client, clock: 0, origin: null, entries }];
  return { client, update: encodeRuns(runs), leftOut };
}

/** [R5] Arrivals first, so that nothing is seen without the time that it is shown at. */
function entriesOf({ message, edit, reactions }: SeedMessage): Entry[] {
  const written = [message, ...(edit === null ? [] : [edit]), ...reactions];
  const late = Map.groupBy(
    written.filter(({ entry, shownAt }) => shownAt !== entry.sentAt),
    ({ shownAt }) => shownAt,
  );
  const arrivals = [...late].flatMap(([at, ones]) => {
    const ids = ones.map(({ entry }) => entry.id);
    return Array.from({ length: Math.ceil(ids.length / MAX_ARRIVAL_IDS) }, (_, nth) =>
      createArrival(ids.slice(nth * MAX_ARRIVAL_IDS, (nth + 1) * MAX_ARRIVAL_IDS), at),
    );
  });
  return [...arrivals, ...written.map(({ entry }) => entry)];
}

const isAsAdmitted = ({ entry, digest }: SeedEntry): boolean =>
  digest === undefined || digestContent(encodeEntryContent(entry)) === digest;

const measure = (entries: readonly Entry[]): number =>
  encodeAppend({ client: 0xffff_ffff, clock: 0 }, null, entries).byteLength;
