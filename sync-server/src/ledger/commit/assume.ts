/**
 * Which of a batch can be decided by what memory holds, and how. Pure.
 *
 * Assumed are the least right (`member`) and the simplest course: new messages under clientIDs that are their authors' already, all accepted. So whatever is accepted here would be
 * accepted after the facts as well, if the assumptions hold; and whatever is refused here is refused by nobody: it is decided by the facts.
 */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { EpochLimits } from '../../config/limit-settings.ts';
import type { Assumed } from '../store/assumed.ts';
import type { LockedFacts } from '../store/ledger-store.ts';
import type { LiveDocument } from '../store/live-document.ts';
import { type BatchDecision, decideBatch } from './decide-batch.ts';
import { idsOf, type Submission } from './submission.ts';

type SignedSubmission = Exclude<Submission, { type: 'move' }>;

/** One tablo's part of a batch. */
export interface Assumption {
  readonly document: LiveDocument;
  readonly submissions: readonly Submission[];
  readonly decision: BatchDecision;
  readonly assumed: Assumed;
}

export function assume(submissions: readonly Submission[], epochLimits: EpochLimits): readonly Assumption[] {
  const used = new Set<EntryId>();
  return [...Map.groupBy(submissions, ({ document }) => document.tabloId).values()].flatMap((own) => {
    const ids = own.flatMap(idsOf);
    // [R4] An id in two tablos of one batch: only one of them has it.
    const isApart = ids.every((id) => !used.has(id));
    for (const id of ids) used.add(id);
    const assumption = isApart ? assumeOf(own, epochLimits) : null;
    return assumption === null ? [] : [assumption];
  });
}

function assumeOf(submissions: readonly Submission[], epochLimits: EpochLimits): Assumption | null {
  const document = submissions[0]?.document;
  if (document === undefined || document.hasMoved || document.isGone || document.isDeciding) return null;
  if (!submissions.every((one): one is SignedSubmission => one.document === document && isSimple(one))) return null;
  const decision = decideBatch(submissions, factsOf(document), epochLimits);
  const { entries, updates, erasures, clients, moves } = decision.writes;
  const isPlain = erasures.length + clients.length + moves.length === 0 && entries.length > 0;
  if (!isPlain || !decision.outcomes.every(isClean)) return null;
  const authors = [...new Set(submissions.map(({ userId }) => userId))];
  return { document, submissions, decision, assumed: { document, authors, writes: { entries, updates } } };
}

/** Messages alone, under clientIDs that are known as the sender's. */
function isSimple(submission: Submission): submission is SignedSubmission {
  if (submission.type === 'move') return false;
  if (submission.type === 'entry') return submission.entry.kind === 'message';
  const { decoded, continuity, document, userId } = submission;
  if (continuity === 'carried-over' || decoded.deletions.length > 0) return false;
  return decoded.runs.every(
    ({ client, entries }) => document.frontier.ownerOf(client) === userId && entries.every(isMessage),
  );
}

const isMessage = (value: unknown): boolean => (value as { readonly kind?: unknown }).kind === 'message';

/** What is known already is so by any later state of the document, too. */
const isClean = (outcome: BatchDecision['outcomes'][number]): boolean =>
  outcome.type === 'known' ||
  (outcome.type === 'committed' && outcome.repeated.length + outcome.refusals.length + outcome.dropped.length === 0);

function factsOf({ tabloId, epoch, lastSeq }: LiveDocument): LockedFacts {
  const ifIts =
    <T>(value: T) =>
    (tablo: TabloId): T | null =>
      tablo === tabloId ? value : null;
  return {
    entry: () => undefined,
    epoch: ifIts(epoch),
    documentEpoch: ifIts(epoch),
    role: ifIts('member' as const),
    clientOwner: (_: TabloId, __: number): UserId | null => null,
    lastSeq: () => lastSeq,
    seqOf: () => null,
    missedBy: () => null,
    emojiOn: () => NONE,
    ownEmojiOn: () => NONE,
    editsOf: () => 0,
  };
}

const NONE: ReadonlySet<string> = new Set();
