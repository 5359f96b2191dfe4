/**
 * The ledger: the only way into a document. Group commit: whatever arrived while one commit was under way goes into the next, across tablos.
 *
 * Invariants
 * 1. A submission's promise resolves only after the transaction that holds it has committed and its document contains it [R1].
 * 2. Submissions are decided in order of arrival (`decideBatch`), each against what the ones before it made of the facts.
 * 3. One submission's refusal never touches its neighbours'.
 * 4. While the store fails, nothing resolves; the batch is tried again until it commits or the ledger closes [R11]. Meanwhile a submission whose sender
 *    has gone is dropped: it was never acknowledged, its author still holds it, and may have changed or cancelled it by then [R8].
 */
import { createRefusal } from '@tablo/schema/close-codes';
import { EPOCH_MAX_ENTRIES } from '@tablo/schema/limits';
import { type BatchDecision, decideBatch } from './decide-batch.ts';
import { type LedgerStore, UnstorableError } from './ledger-store.ts';
import type { LiveDocument } from './live-document.ts';
import { type Outcome, type Submission, scopeOf } from './submission.ts';

const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 3_000;
/** One transaction's size: large enough that a commit's fixed cost vanishes, small enough that its latency does not show. */
const BATCH_MAX_SUBMISSIONS = 512;
const BATCH_MAX_BYTES = 8 * 1024 * 1024;

interface Queued {
  readonly submission: Submission;
  readonly resolve: (outcome: Outcome) => void;
}

export interface LedgerObserver {
  onCommit(submissions: number, seconds: number): void;
  onFailure(error: unknown): void;
}

export class Ledger {
  readonly #store: LedgerStore;
  readonly #observer: LedgerObserver;
  readonly #epochMaxEntries: number;
  #queue: Queued[] = [];
  #isRunning = false;
  #isClosed = false;
  #failingSince: number | null = null;
  #idle: (() => void)[] = [];
  #wake: (() => void) | null = null;

  constructor(store: LedgerStore, observer: LedgerObserver, epochMaxEntries: number = EPOCH_MAX_ENTRIES) {
    this.#store = store;
    this.#observer = observer;
    this.#epochMaxEntries = epochMaxEntries;
  }

  /** ms since the Unix epoch since when commits fail; null while all is well. */
  get failingSince(): number | null {
    return this.#failingSince;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Resolves when the submission is durable and applied, or refused. Never rejects. */
  submit(submission: Submission): Promise<Outcome> {
    if (this.#isClosed) return Promise.resolve(refused('shutting-down'));
    return new Promise((resolve) => {
      this.#queue.push({ submission, resolve });
      void this.#run();
    });
  }

  /** Waits for what is queued, at most `deadlineMs`; what is left then is refused with `shutting-down`, and its authors still hold it. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#isRunning) {
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, deadlineMs);
      });
      await Promise.race([deadline, new Promise<void>((resolve) => this.#idle.push(resolve))]);
      clearTimeout(timer);
    }
    this.#isClosed = true;
    this.#wake?.();
    for (const { resolve } of this.#queue.splice(0)) resolve(refused('shutting-down'));
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#queue.length > 0) {
      // One turn of the event loop: what this turn's other sockets bring, and what the last commit's answers set free, joins the batch.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#takeBatch();
      await this.#commit(this.#failingSince === null ? batch : this.#dropAbandoned(batch));
    }
    this.#isRunning = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #takeBatch(): Queued[] {
    let bytes = 0;
    let count = 0;
    for (const { submission } of this.#queue) {
      bytes += submission.type === 'update' ? submission.update.byteLength : 0;
      if (count > 0 && (count >= BATCH_MAX_SUBMISSIONS || bytes > BATCH_MAX_BYTES)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #commit(queued: readonly Queued[]): Promise<void> {
    let batch = queued;
    for (let delay = RETRY_MIN_MS; ; delay = Math.min(delay * 2, RETRY_MAX_MS)) {
      if (batch.length === 0) return;
      const submissions = batch.map(({ submission }) => submission);
      const startedAt = performance.now();
      try {
        let decision: BatchDecision | undefined;
        const { updateIds } = await this.#store.transact(scopeOf(submissions), (facts) => {
          decision = decideBatch(submissions, facts);
          return decision.writes;
        });
        if (decision === undefined) throw new Error('the store committed without asking for a decision');
        this.#failingSince = null;
        this.#observer.onCommit(batch.length, (performance.now() - startedAt) / 1_000);
        this.#publish(batch, decision, updateIds);
        return;
      } catch (error) {
        if (error instanceof UnstorableError) return this.#split(batch, error);
        this.#failingSince ??= Date.now();
        this.#observer.onFailure(error);
        await this.#pause(delay * (0.5 + Math.random()));
        if (this.#isClosed) {
          for (const { resolve } of batch) resolve(refused('shutting-down'));
          return;
        }
        batch = this.#dropAbandoned(batch);
      }
    }
  }

  #dropAbandoned(batch: readonly Queued[]): readonly Queued[] {
    return batch.filter(({ submission, resolve }) => {
      const isAwaited = submission.type !== 'update' || (submission.isAwaited?.() ?? true);
      if (!isAwaited) resolve(refused('unavailable'));
      return isAwaited;
    });
  }

  /** Finds the one that cannot be stored, so that it alone is refused. */
  async #split(batch: readonly Queued[], error: UnstorableError): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      this.#observer.onFailure(error);
      only.resolve(refused('invalid-update', 'The database cannot store this entry.'));
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.#commit(batch.slice(0, middle));
    await this.#commit(batch.slice(middle));
  }

  #publish(batch: readonly Queued[], decision: BatchDecision, updateIds: readonly bigint[]): void {
    for (const change of decision.changes) {
      const { document } = change;
      change.draft.adopt();
      document.apply(change.updates.map(({ index, update }) => ({ update, id: updateIds[index] ?? 0n })));
      document.announce(change.news);
      if (document.frontier.length >= this.#epochMaxEntries) this.#moveLater(document);
    }
    for (const document of decision.moved) document.move();
    batch.forEach(({ resolve }, index) => resolve(decision.outcomes[index] ?? refused('unavailable')));
  }

  #moveLater(document: LiveDocument): void {
    if (
      document.hasMoved ||
      this.#queue.some(({ submission }) => submission.type === 'move' && submission.document === document)
    )
      return;
    this.#queue.push({ submission: { type: 'move', document }, resolve: () => {} });
  }

  #pause(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function refused(code: 'shutting-down' | 'unavailable' | 'invalid-update', message?: string): Outcome {
  return { type: 'refused', refusal: createRefusal(code, message), ids: [], isGap: false };
}
