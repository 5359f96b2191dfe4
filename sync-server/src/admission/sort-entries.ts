/** The checks of single entries: well-formed, once, allowed. */
import { checkNewEntry, encodeEntryContent, type MemberEntry, parseEntry } from '@tablo/schema/entry';
import { type EntryId, isUserId, SERVER_AUTHOR } from '@tablo/schema/ids';
import { MAX_EDITS, MAX_OWN_REACTION_KINDS, MAX_REACTION_KINDS } from '@tablo/schema/limits';
import { canModerate } from '@tablo/schema/roles';
import type { Admission, Applicant, Facts, FreshEntry, KnownEntry } from './admission.ts';
import { type Refusals, Refused } from './refusals.ts';
import { Malformed, VOID } from './run.ts';
import { Tally } from './tally.ts';

/** Entry by entry, in their order: what an earlier one of the same update made of the facts counts for the later ones. */
export class EntrySorter {
  readonly #applicant: Applicant;
  readonly #facts: Facts;
  readonly #digest: (content: string) => string;
  readonly #refusals: Refusals;
  readonly #ignoresSentAt: boolean;
  readonly #seen = new Map<EntryId, KnownEntry>();
  readonly #fresh: FreshEntry[] = [];
  readonly #repeated: MemberEntry[] = [];
  readonly #tally: Tally;

  constructor(
    applicant: Applicant,
    facts: Facts,
    digest: (content: string) => string,
    refusals: Refusals,
    ignoresSentAt = false,
  ) {
    this.#applicant = applicant;
    this.#facts = facts;
    this.#digest = digest;
    this.#refusals = refusals;
    this.#ignoresSentAt = ignoresSentAt;
    this.#tally = new Tally(facts);
  }

  /** The entry, or `VOID` where it is refused. */
  take(value: unknown): unknown {
    try {
      this.sort(value);
      return value;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#refusals.add(value, error.refusal);
      return VOID;
    }
  }

  result(): Pick<Extract<Admission, { type: 'accepted' }>, 'fresh' | 'repeated' | 'refusals'> {
    return { fresh: this.#fresh, repeated: this.#repeated, refusals: this.#refusals.list() };
  }

  /** Throws `Refused`. */
  sort(value: unknown): void {
    const entry = parseOwn(value, this.#applicant);
    const { tabloId } = this.#applicant;
    const digest = this.#digest(encodeEntryContent(entry));
    const known = this.#find(entry.id);
    if (known !== undefined) {
      const isSame =
        known.tabloId === tabloId && known.digest === digest && (this.#ignoresSentAt || known.sentAt === entry.sentAt);
      if (!isSame) throw new Refused('duplicate-id');
      this.#repeated.push(entry);
      return;
    }
    // Not of what is durable: an earlier release may have taken it, and a client that sends it again must learn that it is durable [R4].
    const wrong = checkNewEntry(entry);
    if (wrong !== null) throw new Refused('invalid-update', toSentence(wrong));
    assertTarget(entry, this.#applicant, this.#facts, (id) => this.#find(id));
    assertRoom(entry, this.#tally);
    this.#tally.note(entry);
    this.#seen.set(entry.id, { ...entry, tabloId, shownAt: entry.sentAt, digest });
    this.#fresh.push({ entry, digest });
  }

  #find(id: EntryId): KnownEntry | undefined {
    return this.#seen.get(id) ?? this.#facts.entry(id);
  }
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

/** The author that it claims, if any. */
export function assertOwn(value: unknown, { userId }: Applicant): void {
  const { kind, author } = value as { readonly kind?: unknown; readonly author?: unknown };
  if (kind === 'arrival' || author === SERVER_AUTHOR)
    throw new Refused('not-your-entry', 'Only the server records arrivals.');
  if (isUserId(author) && author !== userId)
    throw new Refused('not-your-entry', 'The author of an entry must be who sends it.');
}

function parseOwn(value: unknown, applicant: Applicant): MemberEntry {
  if (value instanceof Malformed) throw new Refused('invalid-update', value.reason);
  const parsed = parseEntry(value);
  if (!parsed.ok) throw new Refused('invalid-update', toSentence(parsed.error));
  const entry = parsed.value;
  assertOwn(entry, applicant);
  return entry as MemberEntry;
}

const toSentence = (words: string): string => `${words[0]?.toUpperCase()}${words.slice(1)}.`;
