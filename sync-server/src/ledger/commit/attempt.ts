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
import { type BatchDecision, decideBatch } from './decide-batch.ts';
import { type Submission, scopeOf } from './submission.ts';

export interface Done {
  readonly decision: BatchDecision;
  readonly updateIds: readonly bigint[];
}

export interface AttemptOptions {
  readonly patience: Patience;
  readonly epochLimits: EpochLimits;
}

export class Attempt {
  readonly #store: LedgerStore;
  readonly #submissions: readonly Submission[];
  readonly #options: AttemptOptions;
  #decision: BatchDecision | undefined;
  #unanswered: UnansweredCommitError | null = null;

  constructor(store: LedgerStore, submissions: readonly Submission[], options: AttemptOptions) {
    this.#store = store;
    this.#submissions = submissions;
    this.#options = options;
  }

  /** It may be durable: nothing of it may be dropped. */
  get isUnanswered(): boolean {
    return this.#unanswered !== null;
  }

  async run(): Promise<Done> {
    const { updateIds } = (await this.#learnFate()) ?? (await this.#transact());
    if (this.#decision === undefined) throw new Error('the store committed without asking for a decision');
    return { decision: this.#decision, updateIds };
  }

  async #learnFate(): Promise<Committed | null> {
    const committed = (await this.#unanswered?.learnFate()) ?? null;
    this.#unanswered = null;
    return committed;
  }

  async #transact(): Promise<Committed> {
    const { patience, epochLimits } = this.#options;
    try {
      const decide = (facts: LockedFacts) => {
        this.#decision = decideBatch(this.#submissions, facts, epochLimits);
        for (const { draft } of this.#decision.changes) draft.reserve();
        return this.#decision.writes;
      };
      return await this.#store.transact(scopeOf(this.#submissions), decide, patience);
    } catch (error) {
      if (error instanceof UnansweredCommitError) this.#unanswered = error;
      throw error;
    }
  }
}
