/** What users are called, learned from their tokens. */
import type { Claims } from '../tokens/claims.ts';

export interface Profiles {
  /** Never blocks and never fails: a name that could not be written now is written at the next token. */
  remember(claims: Claims): void;
}

/** For tests, and where names do not matter. */
export const noProfiles: Profiles = { remember() {} };
