/** Claims in memory, for tests: the same contract suite runs on them and on PostgreSQL. */
import type { UserId } from '@tablo/schema/ids';
import { type Claim, type ClaimOutcome, type ClientClaims, MAX_CLAIMS_PER_USER } from './client-claims.ts';

export class MemoryClientClaims implements ClientClaims {
  readonly #owners = new Map<string, UserId>();
  readonly #counts = new Map<string, number>();
  readonly #maxPerUser: number;

  constructor(maxPerUser = MAX_CLAIMS_PER_USER) {
    this.#maxPerUser = maxPerUser;
  }

  async claim({ tabloId, epoch, client, userId }: Claim): Promise<ClaimOutcome> {
    const key = `${tabloId} ${epoch} ${client}`;
    const owner = this.#owners.get(key);
    if (owner !== undefined) return owner === userId ? 'mine' : 'taken';
    const counter = `${tabloId} ${epoch} ${userId}`;
    const count = this.#counts.get(counter) ?? 0;
    if (count >= this.#maxPerUser) return 'too-many';
    this.#counts.set(counter, count + 1);
    this.#owners.set(key, userId);
    return 'new';
  }
}
