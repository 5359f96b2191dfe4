/**
 * Ids of entries that a transaction is writing now. An id is unique over all tablos, so a second transaction with the same one would wait inside PostgreSQL for the
 * first, and everybody in it: whoever sends one id to two tablos of theirs waits here instead, with that tablo alone [R11].
 */
import type { EntryId } from '@tablo/schema/ids';
import { idsOf } from './submission.ts';
import type { Queued } from './waiting.ts';

export class IdsUnderWay {
  readonly #ids = new Set<EntryId>();

  hasAny(queued: Queued): boolean {
    if (this.#ids.size === 0) return false;
    return idsOf(queued.submission).some((id) => this.#ids.has(id));
  }

  /** Until the answer is called. */
  hold(batch: readonly Queued[]): () => void {
    const held = batch.flatMap(({ submission }) => idsOf(submission)).filter((id) => !this.#ids.has(id));
    for (const id of held) this.#ids.add(id);
    return () => {
      for (const id of held) this.#ids.delete(id);
    };
  }
}
