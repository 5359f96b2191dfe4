/**
 * Takes one batch into the store, trying again until its fate is known, and answers it. Used by the shared lane and by the lanes of single tablos alike: who
 * decides which tablo is committed where is `Ledger`.
 */
import { Backoff } from '@tablo/schema/backoff';
import { createRefusal } from '@tablo/schema/close-codes';
import type { EntryId } from '@tablo/schema/ids';
import type { EpochLimits } from '../../config/limit-settings.ts';
import { BlockedError, type LedgerStore, type Patience, UnstorableError } from '../store/ledger-store.ts';
import type { LiveDocument } from '../store/live-document.ts';
import type { StoreState } from '../store/store-state.ts';
import { AssumedAttempt } from './assumed-attempt.ts';
import { Attempt, type Done, type ForeignRows } from './attempt.ts';
import { idsOf, type Outcome, type Submission } from './submission.ts';
import type { Queued, Waiting } from './waiting.ts';

const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 3_000;

export type CommitResult =
  | { readonly type: 'done' }
  /** Something stands in the way of what is left of the batch; nothing of that was written. */
  | { readonly type: 'blocked'; readonly error: BlockedError; readonly left: readonly Queued[] }
  /** The ledger has closed; what was not committed is answered by it. */
  | { readonly type: 'closed' };

export interface CommitObserver {
  onCommit(submissions: number, seconds: number): void;
  onFailure(error: unknown): void;
  /** Committed, applied and answered. */
  onPublished(changed: readonly LiveDocument[], moved: readonly LiveDocument[]): void;
}

interface Deps {
  readonly store: LedgerStore;
  readonly state: StoreState;
  readonly waiting: Waiting;
  readonly epochLimits: EpochLimits;
  readonly foreign: ForeignRows | undefined;
  readonly observer: CommitObserver;
}

export interface CommitOptions {
  readonly patience: Patience;
  /** Whether it may be tried in one trip first: nothing has failed here, and nothing of it takes long. */
  readonly isHasty: boolean;
  /** Before the batch is tried again after the store failed: what came meanwhile waited as long as the batch did. */
  readonly onRetry: () => void;
  /** More to try where nobody waits for the batch any more. */
  readonly next: () => readonly Queued[];
}

export class Committer {
  readonly #deps: Deps;
  readonly #wakes = new Set<() => void>();
  #isClosed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  close(): void {
    this.#isClosed = true;
    for (const wake of this.#wakes) wake();
  }

  /** An empty batch asks a store in doubt whether it works. */
  async commit(queued: readonly Queued[], options: CommitOptions): Promise<CommitResult> {
    const { state, store, observer } = this.#deps;
    const isAlone = options.patience.waitsForLocks;
    let batch = queued;
    let attempt: Attempt | AssumedAttempt =
      (options.isHasty ? this.#shortAttempt(batch) : null) ?? this.#attempt(batch, options.patience);
    let hasFailed = false;
    const backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
    for (;;) {
      if (batch.length === 0 && !state.isInDoubt) return DONE;
      const startedAt = performance.now();
      try {
        if (batch.length === 0) {
          await state.watch(() => store.probe());
          return DONE;
        }
        const done = await state.watch(() => attempt.run(), isAlone);
        const answered = new Set(done.flatMap(({ submissions }) => submissions));
        if (answered.size > 0) observer.onCommit(answered.size, (performance.now() - startedAt) / 1_000);
        if (hasFailed) options.onRetry();
        this.#publish(batch, done);
        attempt.end();
        batch = batch.filter(({ submission }) => !answered.has(submission));
        if (batch.length === 0) return DONE;
        attempt = this.#attempt(batch, options.patience);
      } catch (error) {
        if (isAlone && error instanceof BlockedError && attempt instanceof AssumedAttempt) {
          // It took longer than others may wait, and nobody else waits here.
          attempt = this.#attempt(batch, options.patience);
          continue;
        }
        if (error instanceof UnstorableError && !attempt.isUnanswered) return this.#split(batch, error, options);
        observer.onFailure(error);
        if (error instanceof BlockedError && batch.length > 0 && !attempt.isUnanswered) {
          if (hasFailed) options.onRetry();
          return { type: 'blocked', error, left: batch };
        }
        hasFailed = true;
        await this.#pause(backoff.nextMs());
        if (this.#isClosed) return { type: 'closed' };
        options.onRetry();
        if (attempt.isUnanswered) continue;
        batch = this.dropAbandoned(batch.length === 0 ? options.next() : batch);
        attempt = this.#attempt(batch, options.patience);
      }
    }
  }

  /** Refuses what nobody waits for any more: it was never acknowledged, its author still holds it, and may have changed or cancelled it by then [R8]. */
  dropAbandoned(batch: readonly Queued[]): Queued[] {
    return batch.filter((queued) => {
      const { submission } = queued;
      const isAwaited = submission.type === 'move' || (submission.isAwaited?.() ?? true);
      if (!isAwaited) this.#deps.waiting.answer(queued, refusedAs('unavailable'));
      return isAwaited;
    });
  }

  #attempt(batch: readonly Queued[], patience: Patience): Attempt {
    const submissions = batch.map(({ submission }) => submission);
    const { store, epochLimits, foreign } = this.#deps;
    return new Attempt(store, submissions, { patience, epochLimits, ...(foreign === undefined ? {} : { foreign }) });
  }

  /** Not while the store is in doubt: the other way tells what is wrong with it. */
  #shortAttempt(batch: readonly Queued[]): AssumedAttempt | null {
    const { store, state, epochLimits } = this.#deps;
    if (state.isInDoubt || store.assumed === undefined) return null;
    const submissions = batch.map(({ submission }) => submission);
    const attempt = new AssumedAttempt(store.assumed, submissions, epochLimits);
    return attempt.isEmpty ? null : attempt;
  }

  /** Finds the one that cannot be stored, so that it alone is refused. */
  async #split(batch: readonly Queued[], error: UnstorableError, options: CommitOptions): Promise<CommitResult> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      this.#deps.observer.onFailure(error);
      const { submission } = only;
      const refused = refusedAs('invalid-update', 'The database cannot store this entry.', idsOf(submission));
      this.#deps.waiting.answer(only, refused);
      return DONE;
    }
    const middle = Math.ceil(batch.length / 2);
    const first = await this.commit(batch.slice(0, middle), options);
    if (first.type === 'closed') return first;
    if (first.type === 'blocked') return { ...first, left: [...first.left, ...batch.slice(middle)] };
    return this.commit(batch.slice(middle), options);
  }

  /** The entries first, then the answers; a document that has given way to another one is left when its last answers are on their way. */
  #publish(batch: readonly Queued[], done: readonly Done[]): void {
    if (done.length === 0) return;
    const outcomes = new Map<Submission, Outcome>();
    for (const { submissions, decision, updateIds } of done) {
      for (const [nth, { document, draft, update, lastSeq, news }] of decision.changes.entries()) {
        draft.adopt();
        document.apply({ update, id: updateIds[nth] ?? 0n }, lastSeq, news);
      }
      for (const document of decision.moved) document.move();
      for (const [nth, submission] of submissions.entries()) {
        // [R1] Durable, but not in its document: it is known when it comes again.
        const outcome = submission.document.isBroken ? undefined : decision.outcomes[nth];
        outcomes.set(submission, outcome ?? refusedAs('unavailable'));
      }
    }
    for (const queued of batch) {
      const outcome = outcomes.get(queued.submission);
      if (outcome !== undefined) this.#deps.waiting.answer(queued, outcome);
    }
    const changes = done.flatMap(({ decision }) => decision.changes);
    this.#deps.observer.onPublished(
      changes.flatMap(({ document }) => (document.isBroken ? [] : [document])),
      done.flatMap(({ decision }) => decision.moved),
    );
  }

  #pause(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakes.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wakes.add(wake);
    });
  }
}

const DONE: CommitResult = { type: 'done' };

export function refusedAs(
  code: 'shutting-down' | 'unavailable' | 'invalid-update',
  message?: string,
  ids: readonly EntryId[] = [],
): Outcome {
  return { type: 'refused', refusal: createRefusal(code, message), ids, isGap: false };
}
