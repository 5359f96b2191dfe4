/**
 * The ledger: the only way into a document. Group commit: whatever arrived while one commit was under way goes into the next, across tablos.
 *
 * Invariants
 * 1. A submission's promise resolves only after the transaction that holds it has committed and its document contains it [R1].
 * 2. Submissions are decided in order of arrival (`decideBatch`), each against what the ones before it made of the facts.
 * 3. One submission's refusal never touches its neighbours'.
 * 4. While the store fails, nothing resolves; the batch is tried again until it commits or the ledger closes [R11]. Meanwhile a submission whose sender
 *    has gone is dropped: it was never acknowledged, its author still holds it, and may have changed or cancelled it by then [R8].
 * 5. What stands in the way of one tablo stops no other: its submissions are put aside, in their order, and tried alone now and then (`Aside`).
 * 6. What waits is bounded: beyond `maxQueuedBytes` a submission is refused `unavailable` at once. When nothing waits, a failing store is still tried.
 */
import { createRefusal } from '@tablo/schema/close-codes';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { EPOCH_MAX_ENTRIES } from '@tablo/schema/limits';
import { Aside } from './aside.ts';
import { Attempt, type Done } from './attempt.ts';
import { BlockedError, type LedgerStore, type Patience, UnstorableError } from './ledger-store.ts';
import type { LiveDocument } from './live-document.ts';
import { StoreState } from './store-state.ts';
import { type Outcome, type Submission, sizeOf } from './submission.ts';

const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 3_000;
/** One transaction's size: large enough that a commit's fixed cost vanishes, small enough that its latency does not show. */
const BATCH_MAX_SUBMISSIONS = 512;
const BATCH_MAX_BYTES = 8 * 1024 * 1024;

interface Queued {
  readonly submission: Submission;
  readonly bytes: number;
  readonly answered: Promise<Outcome>;
  readonly resolve: (outcome: Outcome) => void;
}

export interface LedgerObserver {
  onCommit(submissions: number, seconds: number): void;
  onFailure(error: unknown): void;
  /** The store went away, or is back. */
  onStorage?(isAway: boolean): void;
}

export interface LedgerOptions {
  readonly epochMaxEntries?: number;
  /** Beyond it new submissions are refused `unavailable`; their authors keep them. */
  readonly maxQueuedBytes?: number;
}

export class Ledger {
  readonly #store: LedgerStore;
  readonly #observer: LedgerObserver;
  readonly #epochMaxEntries: number;
  readonly #maxQueuedBytes: number;
  readonly #state: StoreState;
  readonly #aside = new Aside<Queued>(() => void this.#run());
  #queue: Queued[] = [];
  /** Everything that has no answer yet, the batch under way included; in order of arrival. */
  readonly #waiting = new Set<Queued>();
  #waitingBytes = 0;
  #isRunning = false;
  #isClosing = false;
  #isClosed = false;
  #idle: (() => void)[] = [];
  #wake: (() => void) | null = null;

  constructor(store: LedgerStore, observer: LedgerObserver, options: LedgerOptions = {}) {
    this.#store = store;
    this.#observer = observer;
    this.#epochMaxEntries = options.epochMaxEntries ?? EPOCH_MAX_ENTRIES;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? Number.POSITIVE_INFINITY;
    this.#state = new StoreState((isAway) => observer.onStorage?.(isAway));
  }

  /** ms since the Unix epoch since when nothing can be stored; null while all is well. */
  get awaySince(): number | null {
    return this.#state.awaySince;
  }

  get queued(): number {
    return this.#waiting.size;
  }

  get queuedBytes(): number {
    return this.#waitingBytes;
  }

  /** Resolves when the submission is durable and applied, or refused. Never rejects. */
  submit(submission: Submission): Promise<Outcome> {
    if (this.#isClosing) return Promise.resolve(refused('shutting-down'));
    const isTooMuch = this.#waitingBytes + sizeOf(submission) > this.#maxQueuedBytes;
    if (isTooMuch && this.#waiting.size > 0) return Promise.resolve(refused('unavailable'));
    const { answered } = this.#enqueue(submission);
    void this.#run();
    return answered;
  }

  /** True when everything that this user has submitted for the tablo so far is answered; false at once where that may take for ever. */
  async settled(tablo: TabloId, user: UserId): Promise<boolean> {
    const own = [...this.#waiting].filter(
      ({ submission }) =>
        submission.type !== 'move' && submission.userId === user && submission.document.tabloId === tablo,
    );
    if (own.length > 0 && (this.#state.awaySince !== null || this.#aside.has(tablo))) return false;
    await Promise.all(own.map(({ answered }) => answered));
    return true;
  }

  /** Something else noticed that the database has gone: it is tried, even if nobody writes. */
  suspect(): void {
    if (this.#isClosing) return;
    this.#state.suspect();
    void this.#run();
  }

  /** Takes nothing more and waits for what is queued, at most `deadlineMs`; what is left then is refused with `shutting-down`, and its authors still hold it. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    if (this.#waiting.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, deadlineMs);
      });
      await Promise.race([deadline, new Promise<void>((resolve) => this.#idle.push(resolve))]);
      clearTimeout(timer);
    }
    this.#isClosed = true;
    this.#queue = [];
    this.#aside.close();
    this.#wake?.();
    for (const one of [...this.#waiting]) this.#answer(one, refused('shutting-down'));
  }

  #enqueue(submission: Submission): Queued {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const queued = { submission, bytes: sizeOf(submission), answered: promise, resolve };
    this.#queue.push(queued);
    this.#waiting.add(queued);
    this.#waitingBytes += queued.bytes;
    submission.document.hold();
    return queued;
  }

  #answer(queued: Queued, outcome: Outcome): void {
    if (!this.#waiting.delete(queued)) return;
    this.#waitingBytes -= queued.bytes;
    queued.resolve(outcome);
    queued.submission.document.release();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (!this.#isClosed && (this.#queue.length > 0 || this.#state.isInDoubt || this.#aside.hasDue)) {
      // One turn of the event loop: what this turn's other sockets bring, and what the last commit's answers set free, joins the batch.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#retryDue();
      const batch = takeBatch(this.#queue);
      await this.#commit(this.#state.isInDoubt ? this.#dropAbandoned(batch) : batch);
    }
    this.#isRunning = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** What belongs to a tablo that was put aside waits behind it; where it is time, that is tried alone, and what goes well, or is refused, lets the rest in again. */
  async #retryDue(): Promise<void> {
    if (this.#aside.isEmpty) return;
    this.#queue = this.#aside.takeIn(this.#queue, tabloOf);
    const due = this.#aside.takeDue();
    if (due === null) return;
    const { tablo, queued } = due;
    await this.#commit(this.#dropAbandoned(takeBatch(queued)), 'short');
    this.#queue.unshift(...this.#aside.letIn(tablo, queued));
  }

  /** An empty batch asks a store in doubt whether it works. */
  async #commit(queued: readonly Queued[], patience: Patience = 'usual'): Promise<void> {
    let batch = queued;
    let attempt = this.#attempt(batch, patience);
    let hasFailed = false;
    for (let delay = RETRY_MIN_MS; ; delay = Math.min(delay * 2, RETRY_MAX_MS)) {
      if (batch.length === 0 && !this.#state.isInDoubt) return;
      const startedAt = performance.now();
      try {
        if (batch.length === 0) return await this.#state.watch(() => this.#store.probe());
        const done = await this.#state.watch(() => attempt.run());
        this.#observer.onCommit(batch.length, (performance.now() - startedAt) / 1_000);
        // What came meanwhile waited as long as the batch did.
        if (hasFailed) this.#queue = this.#dropAbandoned(this.#queue);
        return this.#publish(batch, done);
      } catch (error) {
        if (error instanceof UnstorableError) return this.#split(batch, error);
        this.#observer.onFailure(error);
        if (error instanceof BlockedError && batch.length > 0 && !attempt.isUnanswered)
          return this.#divide(batch, hasFailed);
        hasFailed = true;
        await this.#pause(delay * (0.5 + Math.random()));
        if (this.#isClosed) return;
        this.#queue = this.#dropAbandoned(this.#queue);
        if (attempt.isUnanswered) continue;
        batch = this.#dropAbandoned(batch.length === 0 ? takeBatch(this.#queue) : batch);
        attempt = this.#attempt(batch, patience);
      }
    }
  }

  #attempt(batch: readonly Queued[], patience: Patience): Attempt {
    const submissions = batch.map(({ submission }) => submission);
    return new Attempt(this.#store, submissions, patience);
  }

  #dropAbandoned(batch: readonly Queued[]): Queued[] {
    return batch.filter((queued) => {
      const { submission } = queued;
      const isAwaited = submission.type === 'move' || (submission.isAwaited?.() ?? true);
      if (!isAwaited) this.#answer(queued, refused('unavailable'));
      return isAwaited;
    });
  }

  /** Finds the tablos that cannot be written to now, so that they alone wait. */
  async #divide(batch: readonly Queued[], hasFailed: boolean): Promise<void> {
    if (hasFailed) this.#queue = this.#dropAbandoned(this.#queue);
    const groups = Map.groupBy(batch, tabloOf);
    for (const [tablo, group] of groups) {
      if (groups.size === 1) this.#aside.put(tablo, group);
      else await this.#commit(group, 'short');
    }
  }

  /** Finds the one that cannot be stored, so that it alone is refused. */
  async #split(batch: readonly Queued[], error: UnstorableError): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      this.#observer.onFailure(error);
      this.#answer(only, refused('invalid-update', 'The database cannot store this entry.'));
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.#commit(batch.slice(0, middle));
    await this.#commit(batch.slice(middle));
  }

  #publish(batch: readonly Queued[], { decision, updateIds }: Done): void {
    for (const change of decision.changes) {
      const { document } = change;
      change.draft.adopt();
      document.apply(change.updates.map(({ index, update }) => ({ update, id: updateIds[index] ?? 0n })));
      document.announce(change.news);
      if (document.frontier.length >= this.#epochMaxEntries) this.#moveLater(document);
    }
    for (const document of decision.moved) document.move();
    batch.forEach((queued, index) => this.#answer(queued, decision.outcomes[index] ?? refused('unavailable')));
  }

  #moveLater(document: LiveDocument): void {
    if (
      document.hasMoved ||
      this.#queue.some(({ submission }) => submission.type === 'move' && submission.document === document)
    )
      return;
    this.#enqueue({ type: 'move', document });
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

function takeBatch(queue: Queued[]): Queued[] {
  let bytes = 0;
  let count = 0;
  for (const { submission } of queue) {
    bytes += submission.type === 'update' ? submission.update.byteLength : 0;
    if (count > 0 && (count >= BATCH_MAX_SUBMISSIONS || bytes > BATCH_MAX_BYTES)) break;
    count += 1;
  }
  return queue.splice(0, count);
}

const tabloOf = ({ submission }: Queued): TabloId => submission.document.tabloId;

function refused(code: 'shutting-down' | 'unavailable' | 'invalid-update', message?: string): Outcome {
  return { type: 'refused', refusal: createRefusal(code, message), ids: [], isGap: false };
}
