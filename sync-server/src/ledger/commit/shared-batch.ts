/**
 * What one shared transaction takes: small things of many tablos. What is large by itself, or fills its document, whose newest messages are then read and written again,
 * is for a transaction of its own [R11]. Counted with what the batch brings already: several small ones fill a document as well.
 */
import type { TabloId } from '@tablo/schema/ids';
import type { DocumentSize, EpochLimits } from '../../config/limit-settings.ts';
import { isFull } from '../store/epoch-limits.ts';
import type { LiveDocument } from '../store/live-document.ts';
import { countEntries, sizeOf } from './submission.ts';
import type { Queued } from './waiting.ts';

/** Large enough that a commit's fixed cost vanishes, small enough that it is done within its tenth of a second. */
export const BATCH_MAX_SUBMISSIONS = 512;
export const BATCH_MAX_ENTRIES = 500;
const BATCH_MAX_BYTES = 512 * 1024;
/** What the server adds to an entry that it writes itself, and to one that came late, in a document. */
const WRITTEN_BYTES = 512;
/** UTF-8 has up to three bytes for a UTF-16 unit, and `sizeOf` counts two. */
const WIDEST = 1.5;

export type Place =
  | 'taken'
  /** The batch ends before it: there is no room, or it has to come after something of the same tablo that is in here. */
  | 'next'
  /** Not here: it needs a transaction of its own. */
  | 'apart';

export class SharedBatch {
  readonly #limits: EpochLimits;
  readonly #queued: Queued[] = [];
  readonly #growth = new Map<LiveDocument, DocumentSize>();
  /** By the tablo, not by its document: what comes to the one before is decided before what comes to the next. */
  readonly #tablos = new Set<TabloId>();
  #bytes = 0;
  #entries = 0;

  constructor(limits: EpochLimits) {
    this.#limits = limits;
  }

  get queued(): readonly Queued[] {
    return this.#queued;
  }

  /** `isApart`: for a reason of the caller's, too. */
  place(queued: Queued, isApart = false): Place {
    const { document } = queued.submission;
    const growth = this.#grown(queued);
    if (isApart || isLarge(queued) || isFull(growth, document.began, this.#limits))
      return this.#tablos.has(document.tabloId) ? 'next' : 'apart';
    const entries = countEntries(queued.submission);
    const isFullBatch =
      this.#queued.length >= BATCH_MAX_SUBMISSIONS ||
      this.#bytes + queued.bytes > BATCH_MAX_BYTES ||
      this.#entries + entries > BATCH_MAX_ENTRIES;
    if (this.#queued.length > 0 && isFullBatch) return 'next';
    this.#queued.push(queued);
    this.#growth.set(document, growth);
    this.#tablos.add(document.tabloId);
    this.#bytes += queued.bytes;
    this.#entries += entries;
    return 'taken';
  }

  /** What the document measures with all of it, or a little more. */
  #grown({ submission }: Queued): DocumentSize {
    const { document } = submission;
    const before = this.#growth.get(document) ?? document.size;
    if (submission.type === 'move') return before;
    const isUpdate = submission.type === 'update';
    const clients = isUpdate ? new Set(submission.decoded.runs.map(({ client }) => client)) : [];
    const fresh = [...clients].filter((client) => document.frontier.nextClock(client) === 0);
    return {
      entries: before.entries + countEntries(submission),
      bytes: before.bytes + WRITTEN_BYTES + (isUpdate ? submission.update.byteLength : WIDEST * sizeOf(submission)),
      clients: before.clients + Math.max(1, fresh.length),
    };
  }
}

/** By itself. */
export function isLarge({ submission }: Queued): boolean {
  if (submission.type === 'move') return true;
  const bytes = submission.type === 'update' ? submission.update.byteLength : 0;
  return bytes > BATCH_MAX_BYTES / 2 || countEntries(submission) > BATCH_MAX_ENTRIES / 2;
}
