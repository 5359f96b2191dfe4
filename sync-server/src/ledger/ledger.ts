/**
 * The ledger: the only way into a document. Group commit: whatever arrived while one commit was under way goes into the next, across tablos. What would hold up
 * the others is committed apart from them (`Quarantine`).
 *
 * Invariants
 * 1. A submission's promise resolves only after the transaction that holds it has committed and its document contains it [R1].
 * 2. A tablo's submissions are decided in order of arrival (`decideBatch`), each against what the ones before it made of the facts. Where a statement
 *    of it has failed, each user's are: they go user by user, and whose do not go well are the last to be tried again.
 * 3. One submission's refusal never touches its neighbours'.
 * 4. While the store fails, nothing resolves; the batch is tried again until it commits or the ledger closes [R11].
 * 5. What stands in the way of one tablo stops no other: the shared transaction has a tenth of a second and waits for no row that somebody holds; a tablo
 *    that needs more has transactions of its own, on connections of their own.
 * 6. What waits is bounded, by user, by tablo and in all (`Waiting`).
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { EpochLimits } from '../config/limit-settings.ts';
import type { ForeignRows } from './commit/attempt.ts';
import { Committer, refusedAs } from './commit/committer.ts';
import { IdsUnderWay } from './commit/ids-under-way.ts';
import { Quarantine, type RunResult } from './commit/quarantine.ts';
import { QuietMoves } from './commit/quiet-moves.ts';
import { BATCH_MAX_ENTRIES, BATCH_MAX_SUBMISSIONS, isLarge, SharedBatch } from './commit/shared-batch.ts';
import { countEntries, type Outcome, type Submission } from './commit/submission.ts';
import { type Queued, Waiting } from './commit/waiting.ts';
import { EPOCH_LIMITS, isFull } from './store/epoch-limits.ts';
import { alone, type LedgerStore, SHARED } from './store/ledger-store.ts';
import type { LiveDocument } from './store/live-document.ts';
import { StoreState } from './store/store-state.ts';

/** A statement about one tablo, at the first try and in the end: what is slow by itself shall not hold a lane for long before that is known. */
const ALONE_MIN_MS = 1_000;
const ALONE_MAX_MS = 10_000;
/** Transactions of single tablos at a time. */
export const LANES = 3;

export interface LedgerObserver {
  onCommit(submissions: number, seconds: number): void;
  onFailure(error: unknown): void;
  /** The store went away, or is back. */
  onStorage?(isAway: boolean): void;
  /** Committed and shown here: other servers are to be told. `moved`: their tablos have later documents. */
  onPublished?(changed: readonly LiveDocument[], moved: readonly LiveDocument[]): void;
}

export interface LedgerOptions {
  readonly epochLimits?: EpochLimits;
  /** Beyond it new submissions are refused `unavailable`; their authors keep them. */
  readonly maxQueuedBytes?: number;
  readonly foreign?: ForeignRows;
}

export class Ledger {
  readonly #limits: EpochLimits;
  readonly #state: StoreState;
  readonly #waiting: Waiting;
  readonly #committer: Committer;
  readonly #quiet: QuietMoves;
  readonly #quarantine = new Quarantine<Queued>({
    lanes: LANES,
    slowMs: SHARED.ms,
    ownerOf: (queued) => userOf(queued) ?? 'moves',
    isHeavy: (queued) => isLarge(queued) || isFullNow(queued, this.#limits),
    run: (tablo, queued, failures) => this.#commitAlone(tablo, queued, failures),
  });
  readonly #underWay = new IdsUnderWay();
  /** Documents whose move is asked for. */
  readonly #moving = new Set<LiveDocument>();
  #queue: Queued[] = [];
  #isRunning = false;
  #isClosing = false;
  #isClosed = false;
  #idle: (() => void)[] = [];

  constructor(store: LedgerStore, observer: LedgerObserver, options: LedgerOptions = {}) {
    this.#limits = options.epochLimits ?? EPOCH_LIMITS;
    this.#waiting = new Waiting(options.maxQueuedBytes ?? Number.POSITIVE_INFINITY);
    this.#state = new StoreState((isAway) => observer.onStorage?.(isAway));
    this.#quiet = new QuietMoves(this.#limits, (document) => void this.move(document));
    this.#committer = new Committer({
      store,
      state: this.#state,
      waiting: this.#waiting,
      epochLimits: this.#limits,
      foreign: options.foreign,
      observer: {
        onCommit: (submissions, seconds) => observer.onCommit(submissions, seconds),
        onFailure: (error) => observer.onFailure(error),
        onPublished: (changed, moved) => {
          for (const document of changed) this.#quiet.note(document);
          observer.onPublished?.(changed, moved);
          this.#tellIdle();
        },
      },
    });
  }

  /** ms since the Unix epoch since when nothing can be stored; null while all is well. */
  get awaySince(): number | null {
    return this.#state.awaySince;
  }

  get queued(): number {
    return this.#waiting.size;
  }

  get queuedBytes(): number {
    return this.#waiting.bytes;
  }

  /** Tablos that are committed apart from the others now. */
  get apart(): number {
    return this.#quarantine.size;
  }

  /** Resolves when the submission is durable and applied, or refused. Never rejects. */
  submit(submission: Submission): Promise<Outcome> {
    if (this.#isClosing) return Promise.resolve(refusedAs('shutting-down'));
    if (submission.document.isBroken || !this.#waiting.hasRoom(submission))
      return Promise.resolve(refusedAs('unavailable'));
    const queued = this.#waiting.add(submission);
    this.#queue.push(queued);
    void this.#run();
    return queued.answered;
  }

  /** The tablo gets a fresh document. Resolves when it has one, or when the ledger closes. */
  async move(document: LiveDocument): Promise<void> {
    if (document.hasMoved || document.isBroken || this.#moving.has(document)) return;
    this.#moving.add(document);
    await this.submit({ type: 'move', document });
    this.#moving.delete(document);
  }

  /**
   * A document came into memory. It may be larger than one may be now or lack the newest messages, by an earlier release or a setting, or wait for a quiet
   * moment that nobody was here for [R9].
   */
  noteOpened(document: LiveDocument): void {
    if (document.lacksBeginning || isFull(document.size, document.began, this.#limits)) void this.move(document);
    else this.#quiet.noteOpened(document);
  }

  /** Somebody has written into a document through another server: it is not quiet. */
  noteWritten(document: LiveDocument): void {
    this.#quiet.note(document);
  }

  /** True when everything that this user has submitted for the tablo so far is answered; false at once where that may take for ever. */
  async settled(tablo: TabloId, user: UserId): Promise<boolean> {
    const own = this.#waiting.of(tablo, user);
    if (own.length > 0 && (this.#state.awaySince !== null || this.#quarantine.isStuck(tablo))) return false;
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
    this.#quiet.close();
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
    this.#quarantine.close();
    this.#committer.close();
    for (const one of [...this.#waiting]) this.#waiting.answer(one, refusedAs('shutting-down'));
  }

  /** The shared lane. */
  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (!this.#isClosed && (this.#queue.length > 0 || this.#state.isInDoubt)) {
      // One turn of the event loop: what this turn's other sockets bring, and what the last commit's answers set free, joins the batch.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#takeBatch();
      await this.#commitShared(this.#state.isInDoubt ? this.#committer.dropAbandoned(batch) : batch);
    }
    this.#isRunning = false;
    this.#tellIdle();
  }

  async #commitShared(batch: readonly Queued[]): Promise<void> {
    const release = this.#underWay.hold(batch);
    const result = await this.#committer.commit(batch, {
      patience: SHARED,
      isHasty: true,
      onRetry: () => this.#dropAbandoned(),
      next: () => this.#takeBatch(),
    });
    release();
    if (result.type !== 'blocked') return;
    const { error, left } = result;
    const tablos = new Set(left.map(tabloOf));
    const known = new Set([...(error.tablos ?? [])].filter((tablo) => tablos.has(tablo)));
    // Where nobody can say which it is, each goes alone, side by side: those that are well are committed at once.
    const culprits = known.size > 0 ? known : tablos;
    for (const tablo of culprits)
      this.#quarantine.add(
        tablo,
        left.filter((one) => tabloOf(one) === tablo),
        true,
      );
    const others = left.filter((one) => !culprits.has(tabloOf(one)));
    if (others.length > 0) await this.#commitShared(others);
  }

  async #commitAlone(tablo: TabloId, queued: Queued[], failures: number): Promise<RunResult> {
    // [R8] What one user wrote may be what is in the way: the others of the tablo go first then.
    const others = this.#quarantine.isDivided(tablo) ? takeOthers(queued) : [];
    const batch = takeUntilLarge(queued);
    if (batch.some((one) => this.#underWay.hasAny(one))) {
      this.#quarantine.putBack(tablo, [...others, ...batch, ...queued]);
      return 'held';
    }
    const release = this.#underWay.hold(batch);
    const result = await this.#committer.commit(this.#committer.dropAbandoned(batch), {
      patience: alone(Math.min(ALONE_MIN_MS * 2 ** failures, ALONE_MAX_MS)),
      isHasty: failures === 0 && !batch.some((one) => isLarge(one) || isFullNow(one, this.#limits)),
      onRetry: () => this.#dropAbandoned(),
      next: () => [],
    });
    release();
    const left = result.type === 'blocked' ? result.left : [];
    // A user's own stay in their order.
    if (result.type !== 'closed') this.#quarantine.putBack(tablo, [...others, ...left, ...queued]);
    this.#tellIdle();
    if (result.type !== 'blocked') return 'done';
    return result.error.tablos === null ? 'failed' : 'held';
  }

  #dropAbandoned(): void {
    this.#queue = this.#committer.dropAbandoned(this.#queue);
    this.#quarantine.filter((one) => this.#committer.dropAbandoned([one]).length > 0);
  }

  /** Of the queue, what may share a transaction; what may not is handed to its own lane, and all that the tablo has behind it. */
  #takeBatch(): readonly Queued[] {
    const batch = new SharedBatch(this.#limits);
    let taken = 0;
    for (const queued of this.#queue) {
      const tablo = tabloOf(queued);
      const place = this.#quarantine.has(tablo) ? 'apart' : batch.place(queued, this.#underWay.hasAny(queued));
      if (place === 'next') break;
      if (place === 'apart') this.#quarantine.add(tablo, [queued]);
      taken += 1;
    }
    this.#queue.splice(0, taken);
    return batch.queued;
  }

  #tellIdle(): void {
    if (this.#waiting.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** What one transaction of a single tablo takes: more than a shared one, but not all of a queue of large ones. */
function takeUntilLarge(queued: Queued[]): Queued[] {
  let entries = 0;
  const end = queued.findIndex(({ submission }, nth) => {
    entries += countEntries(submission);
    return nth > 0 && (nth >= BATCH_MAX_SUBMISSIONS || entries > BATCH_MAX_ENTRIES);
  });
  return queued.splice(0, end < 0 ? queued.length : end);
}

/** Its document is full with it, as far as can be told by itself. */
function isFullNow({ submission, bytes }: Queued, limits: EpochLimits): boolean {
  const { size, began } = submission.document;
  return isFull({ ...size, bytes: size.bytes + bytes }, began, limits);
}

/** All but what the first one's user submitted. */
function takeOthers(queued: Queued[]): Queued[] {
  const first = queued[0] === undefined ? null : userOf(queued[0]);
  const others = queued.filter((one) => userOf(one) !== first);
  queued.splice(0, queued.length, ...queued.filter((one) => userOf(one) === first));
  return others;
}

const userOf = ({ submission }: Queued): UserId | null => (submission.type === 'move' ? null : submission.userId);
const tabloOf = ({ submission }: Queued): TabloId => submission.document.tabloId;
