/** One batch's decisions, as a pure function of the submissions and the facts: it runs again from the start when a transaction has to be repeated. */
import { createRefusal } from '@tablo/schema/close-codes';
import { createArrival, type MemberEntry } from '@tablo/schema/entry';
import { type EntryId, SERVER_AUTHOR, type TabloId, type UserId } from '@tablo/schema/ids';
import { MAX_ARRIVAL_IDS } from '@tablo/schema/limits';
import { computeShownAt } from '@tablo/schema/shown-at';
import * as Y from 'yjs';
import type { Admission, Applicant, EntryRefusal, Facts, FreshEntry, KnownEntry } from '../../admission/admission.ts';
import { admit, admitCarriedOver, admitEntry, refuseAgain } from '../../admission/admit.ts';
import { MAX_CLIENTS } from '../../admission/decode-update.ts';
import { encodeAppend, encodeRuns } from '../../admission/encode-append.ts';
import type { FrontierDraft, FrontierView } from '../../admission/frontier.ts';
import { compareHeld, trimKnown } from '../../admission/held.ts';
import { type Run, type Update, VOID } from '../../admission/run.ts';
import { Tally } from '../../admission/tally.ts';
import type { EpochLimits } from '../../config/limit-settings.ts';
import { type CommitNews, newsOf } from '../store/commit-news.ts';
import { digestContent } from '../store/digest.ts';
import { isFull } from '../store/epoch-limits.ts';
import type { ClientWrite, EntryWrite, ErasureWrite, LockedFacts, Writes } from '../store/ledger-store.ts';
import type { LiveDocument } from '../store/live-document.ts';
import type { Outcome, Submission } from './submission.ts';

/** What a batch does to one document. */
export interface DocumentChange {
  readonly document: LiveDocument;
  readonly draft: FrontierDraft;
  /** One row of the log, at the same place in `Writes.updates` as this is among the changes. */
  readonly update: Uint8Array;
  readonly news: readonly CommitNews[];
  /** `seq` of the tablo's newest message, these included. */
  readonly lastSeq: number;
}

export interface BatchDecision {
  /** One for each submission, in their order. */
  readonly outcomes: readonly Outcome[];
  readonly writes: Writes;
  readonly changes: readonly DocumentChange[];
  readonly moved: readonly LiveDocument[];
}

export function decideBatch(
  submissions: readonly Submission[],
  facts: LockedFacts,
  epochLimits: EpochLimits,
): BatchDecision {
  const batch = new Batch(facts, epochLimits);
  const outcomes = submissions.map((submission) => batch.decide(submission));
  return { outcomes, ...batch.result() };
}

interface OpenChange {
  readonly document: LiveDocument;
  readonly draft: FrontierDraft;
  /** At least one; they become one row of the log. */
  readonly updates: Uint8Array[];
  /** Of `updates`. */
  bytes: number;
  firstSeq: number;
  readonly messages: EntryId[];
  readonly others: EntryId[];
  /** Messages that were durable before, by their `seq`. */
  readonly repeated: Map<EntryId, number>;
}

type SignedSubmission = Exclude<Submission, { type: 'move' }>;
type Accepted = Extract<Admission, { type: 'accepted' }>;

class Batch implements LockedFacts {
  readonly #facts: LockedFacts;
  readonly #accepted = new Map<EntryId, KnownEntry>();
  readonly #seqs = new Map<TabloId, number>();
  readonly #numbers = new Map<EntryId, number>();
  readonly #deleted = new Set<EntryId>();
  readonly #epochs = new Map<TabloId, number>();
  readonly #changes = new Map<LiveDocument, OpenChange>();
  readonly #entries: EntryWrite[] = [];
  readonly #moves: { tabloId: TabloId; from: number }[] = [];
  readonly #moved: LiveDocument[] = [];
  readonly #erasures = new Map<EntryId, ErasureWrite>();
  readonly #clients: ClientWrite[] = [];
  readonly #epochLimits: EpochLimits;
  readonly #tally: Tally;

  constructor(facts: LockedFacts, epochLimits: EpochLimits) {
    this.#facts = facts;
    this.#epochLimits = epochLimits;
    this.#tally = new Tally(facts);
  }

  emojiOn: LockedFacts['emojiOn'] = (message) => this.#tally.emojiOn(message);
  ownEmojiOn: LockedFacts['ownEmojiOn'] = (message, user) => this.#tally.ownEmojiOn(message, user);
  editsOf: LockedFacts['editsOf'] = (message) => this.#tally.editsOf(message);

  entry = (id: EntryId): KnownEntry | undefined => this.#accepted.get(id) ?? this.#facts.entry(id);
  epoch = (tablo: TabloId): number | null => this.#epochs.get(tablo) ?? this.#facts.epoch(tablo);
  documentEpoch = (tablo: TabloId): number | null => this.#epochs.get(tablo) ?? this.#facts.documentEpoch(tablo);
  role: LockedFacts['role'] = (tablo, user) => this.#facts.role(tablo, user);
  missedBy: LockedFacts['missedBy'] = (document) => this.#facts.missedBy(document);
  clientOwner: LockedFacts['clientOwner'] = (tablo, client) => this.#facts.clientOwner(tablo, client);
  lastSeq = (tablo: TabloId): number => this.#seqs.get(tablo) ?? this.#facts.lastSeq(tablo);
  seqOf = (id: EntryId): number | null =>
    this.#deleted.has(id) ? null : (this.#numbers.get(id) ?? this.#facts.seqOf(id));

  decide(submission: Submission): Outcome {
    // Nobody knows what it contains: what was submitted for it is decided when it was loaded anew.
    if (submission.document.isBroken) return UNAVAILABLE;
    if (submission.type === 'move') return this.#move(submission.document);
    const admissions = this.#admit(submission);
    const refused = admissions.find(({ type }) => type === 'refused');
    if (refused !== undefined) return refused as Extract<Admission, { type: 'refused' }>;
    const accepted = admissions.filter((one): one is Accepted => one.type === 'accepted');
    if (accepted.length === 0) return { type: 'known' };
    const parts = accepted.map((one) => this.#accept(submission, one));
    return {
      type: 'committed',
      fresh: parts.flatMap(({ fresh }) => fresh),
      repeated: parts.flatMap(({ repeated }) => repeated),
      refusals: parts.flatMap(({ refusals }) => refusals),
      dropped: parts.flatMap(({ dropped }) => dropped),
    };
  }

  result(): Omit<BatchDecision, 'outcomes'> {
    const logged = [...this.#changes.values()].map(({ updates, ...change }) => ({
      ...change,
      update: Y.mergeUpdates(updates),
    }));
    return {
      writes: {
        entries: this.#entries,
        updates: logged.map(({ document: { tabloId, epoch }, update }) => ({ tabloId, epoch, update })),
        erasures: [...this.#erasures.values()],
        clients: this.#clients,
        moves: this.#moves,
      },
      changes: logged.map(({ document, draft, update, bytes: _, ...news }) => ({
        document,
        draft,
        update,
        news: toNews(news),
        lastSeq: this.lastSeq(document.tabloId),
      })),
      moved: this.#moved,
    };
  }

  #move(document: LiveDocument): Outcome {
    if (this.documentEpoch(document.tabloId) === document.epoch) {
      this.#moves.push({ tabloId: document.tabloId, from: document.epoch });
      this.#epochs.set(document.tabloId, document.epoch + 1);
    }
    this.#moved.push(document);
    return { type: 'known' };
  }

  /** One answer, or two: what enters under the sender's own clientID, and what enters by the server's hand. One refusal refuses all. */
  #admit(submission: SignedSubmission): readonly Admission[] {
    const { document, userId } = submission;
    const applicant = { tabloId: document.tabloId, epoch: document.epoch, userId };
    if (submission.type === 'entry') return [admitEntry(submission.entry, applicant, this, digestContent)];
    const frontier = this.#changes.get(document)?.draft ?? document.frontier;
    const { decoded } = submission;
    const admission = admit(decoded, applicant, frontier, this, digestContent);
    if (submission.continuity !== 'carried-over' || admission.type === 'known') return [admission];
    // What connects and is all new is a client's of this document. What is durable already would fill each new document as soon as it is there, if it is the
    // sender's alone: the tablo would move, and the client come back with it, for ever.
    if (admission.type === 'accepted' && admission.repeated.length === 0 && countClients(admission) <= MAX_CLIENTS)
      return [admission];
    const { deletesHeld } = compareHeld(decoded, frontier);
    if (deletesHeld) return [admission];
    // Clocks of a clientID that is somebody else's here mean nothing: they are of the sender's earlier documents.
    const here = trimKnown(decoded.runs, frontier).filter(
      ({ client }) => frontier.nextClock(client) > 0 && frontier.ownerOf(client) === userId,
    );
    // A clientID that writes here and leaves clocks out has lost something on its way: it is asked for that.
    if (here.some(({ client, clock }) => clock > frontier.nextClock(client))) return [admission];
    // What goes on from what it has written here goes on under it: written by the server, it would leave out those clocks for ever.
    const continued =
      here.length === 0 ? null : admit({ runs: here, deletions: [] }, applicant, frontier, this, digestContent);
    const isContinued = continued?.type === 'accepted';
    const own = new Set(isContinued ? here.map(({ client }) => client) : []);
    const rest = decoded.runs.filter(({ client }) => !own.has(client));
    const carriedOver = admitCarriedOver(
      rest,
      applicant,
      isContinued ? this.#with(continued, applicant.tabloId) : this,
      digestContent,
    );
    // What is wrong with it either way is said as for anybody.
    if (carriedOver.type === 'refused') return [admission];
    const parts = isContinued ? [continued, carriedOver] : [carriedOver];
    const again = this.#refuseAgain(decoded, frontier, applicant);
    return again.length === 0
      ? parts
      : [...parts, { type: 'accepted', runs: [], fresh: [], repeated: [], refusals: again }];
  }

  /** [R1] Of clientIDs that write here, what was refused here: whatever else comes along, that is not known. */
  #refuseAgain({ runs }: Update, frontier: FrontierView, applicant: Applicant): readonly EntryRefusal[] {
    const own = runs.filter(({ client }) => frontier.ownerOf(client) === applicant.userId);
    const { refusedBefore } = compareHeld({ runs: own, deletions: [] }, frontier);
    return refuseAgain(refusedBefore, applicant, this, digestContent);
  }

  /** [R4] The facts as they will be: one update may bring an entry twice, and each time in another way. */
  #with({ fresh }: Accepted, tabloId: TabloId): Facts {
    const known = new Map(
      fresh.map(({ entry, digest }) => [entry.id, { ...entry, tabloId, shownAt: entry.sentAt, digest } as KnownEntry]),
    );
    return { ...this, entry: (id) => known.get(id) ?? this.entry(id) };
  }

  #accept(submission: SignedSubmission, accepted: Accepted): Extract<Outcome, { type: 'committed' }> {
    const { runs, fresh, repeated, refusals, dropped = [] } = accepted;
    const outcome = {
      type: 'committed' as const,
      fresh: fresh.map(({ entry }) => entry.id),
      repeated: repeated.map(({ id }) => id),
      refusals,
      dropped,
    };
    // What it brings is in the document already, or in an earlier epoch's, or was refused before: nothing to add.
    if (fresh.length === 0 && (runs === null || runs.length === 0)) return outcome;
    const change = this.#openChange(submission.document);
    for (const one of fresh) this.#write(change, one, submission.receivedAt);
    const entries = fresh.map(({ entry }) => entry);
    for (const id of outcome.repeated) this.#noteRepeated(change, id);
    const appended = runs === null ? entries : [...entries, ...repeated];
    this.#recordArrivals(change, appended);
    this.#recordErasures(change, appended);
    if (runs === null) this.#append(change, submission.userId, entries);
    else {
      for (const run of runs) this.#extend(change, run, submission.userId);
      this.#log(change, encodeRuns(runs));
    }
    this.#moveIfFull(change);
    return outcome;
  }

  /** [R3] Where the document cannot tell whose a clientID is, since nothing of it was admitted, the database keeps it. */
  #extend(
    { document: { tabloId, epoch }, draft }: OpenChange,
    { client, entries, rightOrigin }: Run,
    userId: UserId,
  ): void {
    if (draft.nextClock(client) === 0 && entries[0] === VOID) this.#clients.push({ tabloId, epoch, client, userId });
    draft.append(client, userId, entries, rightOrigin);
  }

  /** At once, in the same transaction: what is decided after it belongs to the next document, so that only one update can go beyond the bound. */
  #moveIfFull({ document, draft, bytes }: OpenChange): void {
    const size = { entries: draft.length, bytes: document.size.bytes + bytes, clients: draft.writers };
    if (this.documentEpoch(document.tabloId) === document.epoch && isFull(size, document.began, this.#epochLimits))
      this.#move(document);
  }

  /** Texts of deleted messages that have come into the document, or were there: they are to go. */
  #recordErasures({ document: { tabloId, epoch } }: OpenChange, entries: readonly MemberEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'reaction') continue;
      const messageId = entry.kind === 'message' ? entry.id : entry.target;
      if (this.seqOf(messageId) === null) this.#erasures.set(messageId, { tabloId, epoch, messageId });
    }
  }

  #openChange(document: LiveDocument): OpenChange {
    const open = this.#changes.get(document);
    if (open !== undefined) return open;
    const change: OpenChange = {
      document,
      draft: document.frontier.draft(),
      updates: [],
      bytes: 0,
      firstSeq: 0,
      messages: [],
      others: [],
      repeated: new Map(),
    };
    this.#changes.set(document, change);
    return change;
  }

  #write(change: OpenChange, { entry, digest }: FreshEntry, receivedAt: number): void {
    const { tabloId, epoch } = change.document;
    const shownAt = computeShownAt(entry.sentAt, receivedAt);
    const seq = entry.kind === 'message' ? this.lastSeq(tabloId) + 1 : null;
    if (seq === null) change.others.push(entry.id);
    else {
      this.#seqs.set(tabloId, seq);
      if (change.messages.length === 0) change.firstSeq = seq;
      change.messages.push(entry.id);
      this.#numbers.set(entry.id, seq);
    }
    if (entry.kind === 'delete') this.#deleted.add(entry.target);
    this.#tally.note(entry);
    this.#accepted.set(entry.id, {
      tabloId,
      kind: entry.kind,
      author: entry.author,
      sentAt: entry.sentAt,
      shownAt,
      digest,
    });
    this.#entries.push({ tabloId, epoch, entry, digest, receivedAt, shownAt, seq });
  }

  /** [R10] With its `seq`: whoever was there when the first commit's answer got lost may never have heard it. */
  #noteRepeated(change: OpenChange, id: EntryId): void {
    const seq = this.seqOf(id);
    if (seq === null) change.others.push(id);
    else change.repeated.set(id, seq);
  }

  /** [R5] Late entries get their time of receipt into the document, in the same row of the log, so that no one sees them without it. */
  #recordArrivals(change: OpenChange, entries: readonly MemberEntry[]): void {
    const byTime = new Map<number, EntryId[]>();
    for (const { id, sentAt } of entries) {
      const shownAt = this.entry(id)?.shownAt ?? sentAt;
      if (shownAt === sentAt) continue;
      const ids = byTime.get(shownAt);
      if (ids === undefined) byTime.set(shownAt, [id]);
      else ids.push(id);
    }
    const arrivals = [...byTime].flatMap(([at, ids]) => chunk(ids, MAX_ARRIVAL_IDS).map((of) => createArrival(of, at)));
    if (arrivals.length > 0) this.#append(change, SERVER_AUTHOR, arrivals);
  }

  #append(
    change: OpenChange,
    author: Parameters<LiveDocument['writerFor']>[0],
    entries: Parameters<typeof encodeAppend>[2],
  ): void {
    const client = change.document.writerFor(author);
    const update = encodeAppend({ client, clock: change.draft.nextClock(client) }, change.draft.last, entries);
    change.draft.append(client, author, entries);
    this.#log(change, update);
  }

  #log(change: OpenChange, update: Uint8Array): void {
    change.updates.push(update);
    change.bytes += update.byteLength;
  }
}

const UNAVAILABLE: Outcome = { type: 'refused', refusal: createRefusal('unavailable'), ids: [], isGap: false };

const countClients = ({ runs }: Accepted): number => new Set(runs?.map(({ client }) => client)).size;

function toNews(change: Pick<OpenChange, 'firstSeq' | 'messages' | 'others' | 'repeated'>): readonly CommitNews[] {
  const { firstSeq, messages, others, repeated } = change;
  for (const id of messages) repeated.delete(id); // Sent twice within the batch.
  const fresh = messages.length + others.length === 0 ? [] : [{ seq: firstSeq, messages, others }];
  return [...fresh, ...newsOf(repeated)];
}

function chunk<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, nth) => items.slice(nth * size, (nth + 1) * size));
}
