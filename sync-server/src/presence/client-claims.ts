/** [R3] Who owns a clientID? Kept outside of the process: a restart, an unloaded document or ten thousand other claims change nothing. */
import type { TabloId, UserId } from '@tablo/schema/ids';

export interface Claim {
  readonly tabloId: TabloId;
  readonly epoch: number;
  /** The Yjs clientID. */
  readonly client: number;
  readonly userId: UserId;
}

/**
 * `new`: it was nobody's, and is the user's now. `mine`: it was the user's already. `taken`: it is somebody else's for as long as the epoch lasts. `too-many`: nobody's, but this user has claimed
 * so many in this epoch that no more are kept. An old claim is never forgotten in exchange, or somebody else could write under it.
 */
export type ClaimOutcome = 'new' | 'mine' | 'taken' | 'too-many';

/** A page load is a claim: some fifty a day for three months in one epoch. */
export const MAX_CLAIMS_PER_USER = 5_000;

export interface ClientClaims {
  /** The first one wins, for ever. Rejects while that cannot be found out: then nothing may be shown under that clientID. */
  claim(claim: Claim): Promise<ClaimOutcome>;
}
