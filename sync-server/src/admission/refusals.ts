/** Refusals of an update or of single entries. */
import { createRefusal, type ReasonCode, type Refusal } from '@tablo/schema/close-codes';
import { readClaimedId } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import type { Admission, EntryRefusal } from './admission.ts';

interface RefusedOptions {
  readonly isGap?: boolean;
  /** Reasons that are not about the entries themselves: no entry is named. */
  readonly namesNone?: boolean;
}

/** Thrown by a failed check; caught where it is known whether it concerns the whole update. */
export class Refused extends Error {
  readonly refusal: Refusal;
  readonly #options: RefusedOptions;

  constructor(code: ReasonCode, message?: string, options: RefusedOptions = {}) {
    super(code);
    this.refusal = createRefusal(code, message);
    this.#options = options;
  }

  asAdmission(ids: readonly EntryId[]): Admission {
    const { isGap = false, namesNone = false } = this.#options;
    return { type: 'refused', refusal: this.refusal, ids: namesNone ? [] : ids, isGap };
  }
}

/** Of single entries, by their reason. */
export class Refusals {
  readonly #byReason = new Map<string, { readonly refusal: Refusal; readonly ids: EntryId[] }>();

  get isEmpty(): boolean {
    return this.#byReason.size === 0;
  }

  add(value: unknown, refusal: Refusal): void {
    const key = `${refusal.code} ${refusal.message}`;
    const same = this.#byReason.get(key) ?? { refusal, ids: [] };
    const id = readClaimedId(value);
    if (id !== null) same.ids.push(id);
    this.#byReason.set(key, same);
  }

  list(): readonly EntryRefusal[] {
    return [...this.#byReason.values()];
  }
}
