/**
 * One batch on its way into the store, tried again until its fate is known. After a COMMIT without an answer nothing is decided anew before the store has said
 * what became of it: decided again, entries that are durable already would look like somebody's repetition, without their `seq`, and the server would
 * write other entries under the clocks that it has used in the log.
 */

import type { EpochLimits } from '../../config/limit-settings.ts';
import {
  type Committed,
  type LedgerStore,
  type LockedFacts,
  type Patience,
  UnansweredCommitError,
} from '../store/ledger-store.ts';
import type { LiveDocument } from '../store/live-document.ts';
import { type BatchDecision, decideBatch } from './decide-batch.ts';
import { type Submission, scopeOf } from './submission.ts';

export interface Done {
  /** Answered by `decision.outcomes`, in this order. */
  readonly submissions: readonly Submission[];
  readonly decision: BatchDecision;
  readonly updateIds: readonly bigint[];
}

export interface AttemptOptions {
  readonly patience: Patience;
  readonly epochLimits: EpochLimits;
  readonly foreign?: ForeignRows;
}

/** Rows that other servers have committed. */
export interface ForeignRows {
  /** [R6] False while changes of memberships are not heard: nothing of others is shown then, and so nothing can be decided after it. */
  mayShow(): boolean;
  /** So many came in. */
  onRows(rows: number): void;
}

const UNKNOWN = 'The database does not know what became of a COMMIT that was not answered.';
const DEAF = 'Other servers have committed, which is not shown while changes in the database are not heard.';

export class Attempt {
  readonly #store: LedgerStore;
  readonly #submissions: readonly Submission[];
  readonly #options: AttemptOptions;
  #decision: BatchDecision | undefined;
  #unanswered: UnansweredCommitError | null = null;
  readonly #deciding = new Set<LiveDocument>();

  constructor(store: LedgerStore, submissions: readonly Submission[], options: AttemptOptions) {
    this.#store = store;
    this.#submissions = submissions;
    this.#options = options;
  }

  /** It may be durable: nothing of it may be dropped. */
  get isUnanswered(): boolean {
    return this.#unanswered !== null;
  }

  /** What was decided is in the documents, or came to nothing. */
  end(): void {
    for (const document of this.#deciding) document.endDecision();
    this.#deciding.clear();
  }

  async run(): Promise<readonly Done[]> {
    const { updateIds } = (await this.#learnFate()) ?? (await this.#transact());
    if (this.#decision === undefined) throw new Error('the store committed without asking for a decision');
    return [{ submissions: this.#submissions, decision: this.#decision, updateIds }];
  }

  async #learnFate(): Promise<Committed | null> {
    const fate = (await this.#unanswered?.learnFate()) ?? null;
    this.#unanswered = null;
    if (fate === 'unknown') return this.#giveUp();
    if (fate === null) this.end();
    return fate;
  }

  /**
   * Nobody will ever know what became of it. Neither can be assumed, so the documents that it was about are given up: loaded anew they have what the database has, what was
   * submitted is refused for now, and comes again, as known where it was durable.
   */
  #giveUp(): null {
    const documents = [...this.#deciding];
    this.end();
    for (const document of documents) document.break(new Error(UNKNOWN));
    return null;
  }

  async #transact(): Promise<Committed> {
    const { patience, epochLimits } = this.#options;
    try {
      const decide = (facts: LockedFacts) => {
        const outgrown = this.#catchUp(facts);
        const decision = decideBatch(this.#submissions, facts, epochLimits);
        this.#decision = { ...decision, moved: [...decision.moved, ...outgrown] };
        for (const { draft } of decision.changes) draft.reserve();
        return decision.writes;
      };
      return await this.#store.transact(scopeOf(this.#submissions), decide, patience);
    } catch (error) {
      if (error instanceof UnansweredCommitError) this.#unanswered = error;
      else this.end();
      throw error;
    }
  }

  /**
   * [N1] Before anything is decided each document is what the database has, other servers' commits included: these are shown, whatever becomes of this transaction. One that does not
   * take them in is given up, and stops nobody else. Returns those whose tablo another server has moved to a later document.
   */
  #catchUp(facts: LockedFacts): readonly LiveDocument[] {
    const documents = [...new Set(this.#submissions.map(({ document }) => document))];
    for (const document of documents) {
      const missed = facts.missedBy(document);
      if (missed === null) continue;
      const { foreign } = this.#options;
      if (foreign?.mayShow() === false) throw new Error(DEAF);
      const rows = document.advance(missed);
      if (rows === null) throw new Error('A document is decided about twice at once.');
      if (rows > 0) foreign?.onRows(rows);
    }
    for (const document of documents) {
      document.beginDecision();
      this.#deciding.add(document);
    }
    return documents.filter(({ tabloId, epoch }) => (facts.documentEpoch(tabloId) ?? epoch) > epoch);
  }
}
