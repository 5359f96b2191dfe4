/** The one decision about what we tell people of the connection, from everything that is known about it. Pure. */
import { REASONS, type ReasonCode } from '@tablo/schema/close-codes';
import type { ConnectionState } from '../chat.ts';

export interface ConnectionFacts {
  /** Does the device say that it has a network? */
  readonly hasNetwork: boolean;
  readonly isSocketOpen: boolean;
  /** Sockets that ended or failed since the last one that got anywhere. */
  readonly failures: number;
  /** ms since the socket was lost, or since the start. */
  readonly withoutSocketMs: number;
  /** Is what is on the screen joined and up to date? */
  readonly isFocusReady: boolean;
  /** The last no of the server, if nothing has gone well since. */
  readonly reason: ReasonCode | null;
  /** The server has said, on this socket, that it cannot store messages. */
  readonly isStoreAway: boolean;
  /** What keeps sockets from opening, although the server answers. */
  readonly obstacle: string | null;
}

export function decideConnectionState(facts: ConnectionFacts, offlineAfterMs: number): ConnectionState {
  const reason = facts.reason ?? (facts.isStoreAway ? 'unavailable' : null);
  const because = reason === null ? {} : { reason };
  // A dead session does not mend itself: only signing in does.
  const mustSignIn = facts.reason !== null && REASONS[facts.reason].recovery === 'reauthenticate';
  if (facts.isSocketOpen && facts.isFocusReady && !mustSignIn)
    return facts.isStoreAway ? { status: 'online', reason: 'unavailable' } : { status: 'online' };
  const isGone =
    !facts.isSocketOpen && (!facts.hasNetwork || facts.failures >= 2 || facts.withoutSocketMs >= offlineAfterMs);
  if (!isGone && !mustSignIn) return { status: 'connecting', ...because };
  return { status: 'offline', ...because, ...(facts.obstacle === null ? {} : { obstacle: facts.obstacle }) };
}

export function isSameState(left: ConnectionState, right: ConnectionState): boolean {
  const obstacles = [left, right].map((state) => (state.status === 'offline' ? state.obstacle : undefined));
  return left.status === right.status && left.reason === right.reason && obstacles[0] === obstacles[1];
}
