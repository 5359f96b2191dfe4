/**
 * [R3] ClientIDs that clients keep from earlier documents. A client that knows nothing of epochs goes on under its old clientID. Until it writes or
 * shows itself again, that clientID would have no owner in the new document, and somebody else could take it.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Limits } from '../access/limits/limits.ts';
import type { FrontierView } from '../admission/frontier.ts';
import { type Run, VOID } from '../admission/run.ts';
import type { ClientClaims } from './client-claims.ts';

/** A page has one. What it brings along may have been written by some pages before it: the ones that wrote last are likely to be open. */
const CLAIMED_AT_ONCE = 4;

interface Bringer {
  readonly tabloId: TabloId;
  readonly epoch: number;
  readonly userId: UserId;
}

/** Never rejects: a claim that fails now is made when the clientID comes again. */
export async function claimCarriedOver(
  runs: readonly Run[],
  { tabloId, epoch, userId }: Bringer,
  frontier: FrontierView,
  { claims, limits }: { readonly claims: ClientClaims; readonly limits: Pick<Limits, 'isSolvent' | 'charge'> },
): Promise<void> {
  for (const client of ownClients(runs, userId, frontier)) {
    if (!limits.isSolvent('claims', userId)) return;
    const outcome = await claims.claim({ tabloId, epoch, client, userId }).catch(() => 'taken' as const);
    if (outcome === 'new') limits.charge('claims', userId, 1);
  }
}

/** ClientIDs without an owner here, under which only this user has written; the one that wrote last comes first. */
export function ownClients(runs: readonly Run[], userId: UserId, frontier: FrontierView): readonly number[] {
  const wroteAt = new Map<number, number>();
  const others = new Set<number>();
  for (const { client, entries } of runs) {
    for (const value of entries) {
      if (value === VOID) continue;
      const { author, sentAt } = value as { readonly author?: unknown; readonly sentAt?: unknown };
      if (author !== userId || typeof sentAt !== 'number') others.add(client);
      else wroteAt.set(client, Math.max(wroteAt.get(client) ?? 0, sentAt));
    }
  }
  return [...wroteAt]
    .filter(([client]) => !others.has(client) && frontier.ownerOf(client) === null)
    .sort(([, left], [, right]) => right - left)
    .slice(0, CLAIMED_AT_ONCE)
    .map(([client]) => client);
}
