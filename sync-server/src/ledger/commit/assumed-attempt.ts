/**
 * A batch on the short way (`store/assumed.ts`): at most once, and what does not get through goes the other way in the same order. After a statement without an answer
 * that is not before it is certain that it has come to its end.
 */
import type { EpochLimits } from '../../config/limit-settings.ts';
import { type AssumedStore, UnansweredStatementError, type Written } from '../store/assumed.ts';
import { type Assumption, assume } from './assume.ts';
import type { Done } from './attempt.ts';
import type { Submission } from './submission.ts';

export class AssumedAttempt {
  readonly #store: AssumedStore;
  readonly #assumptions: readonly Assumption[];
  #unanswered: UnansweredStatementError | null = null;

  constructor(store: AssumedStore, submissions: readonly Submission[], epochLimits: EpochLimits) {
    this.#store = store;
    this.#assumptions = assume(submissions, epochLimits);
  }

  get isUnanswered(): boolean {
    return this.#unanswered !== null;
  }

  /** Nothing of the batch can go this way. */
  get isEmpty(): boolean {
    return this.#assumptions.length === 0;
  }

  end(): void {
    for (const { document } of this.#assumptions) document.endDecision();
  }

  /** What is in the database now; what is not goes the other way. */
  async run(): Promise<readonly Done[]> {
    if (this.#unanswered !== null) {
      const written = await this.#unanswered.settle();
      this.#unanswered = null;
      return this.#doneOf(written);
    }
    // Nothing is reserved as it is on the other way: the clientIDs are their authors' already.
    for (const { document } of this.#assumptions) document.beginDecision();
    try {
      const { written } = await this.#store.commit(this.#assumptions.map(({ assumed }) => assumed));
      return this.#doneOf(written);
    } catch (error) {
      if (error instanceof UnansweredStatementError) this.#unanswered = error;
      else this.end();
      throw error;
    }
  }

  #doneOf(written: Written): readonly Done[] {
    return this.#assumptions.flatMap(({ assumed, submissions, decision }) => {
      const updateIds = written.get(assumed);
      return updateIds === undefined ? [] : [{ submissions, decision, updateIds }];
    });
  }
}
