/**
 * What changed in the database, whoever changed it: triggers notify, we listen [R6]. A listener that was cut off may have missed anything,
 * so a new connection emits `resync`: listeners then read everything again.
 *
 * Every user of the database may say NOTIFY, whatever and as often as they like. So a change names what to look at and never what is there: the listener reads
 * the database, and bounds how often.
 */
import { isTabloId, isUserId, type TabloId, type UserId } from '@tablo/schema/ids';

export type Change =
  /** A membership appeared, changed or ended. */
  | { readonly type: 'access'; readonly tablo: TabloId; readonly user: UserId }
  /** A tablo was renamed, deleted, or is back. */
  | { readonly type: 'tablo'; readonly tablo: TabloId }
  /** A member's read position in a tablo moved. */
  | { readonly type: 'read'; readonly tablo: TabloId; readonly user: UserId }
  /** A member's draft in a tablo changed. */
  | { readonly type: 'draft'; readonly tablo: TabloId; readonly user: UserId }
  /** About all memberships or tablos at once: TRUNCATE, or a connection that answers queries but receives no notifications. */
  | { readonly type: 'all' }
  /** Not listening. Emitted again with every failed attempt: the database may be away. */
  | { readonly type: 'lost' }
  /** Listening (again), and proved to receive notifications. Anything may have changed before this. */
  | { readonly type: 'resync' };

export interface Changes {
  /** False: what happens in the database now is learned later, by `resync`. */
  readonly isListening: boolean;
  subscribe(listener: (change: Change) => void): () => void;
  close(): Promise<void>;
}

/** Twice what our triggers say at the most; a notification may have 8,000 bytes. */
const PAYLOAD_MAX_UNITS = 256;

/** `null` for what a newer server's triggers may send, and for what is not ours. It is ignored and not logged, since anybody could fill the log with it. */
export function parseChange(payload: string): Change | null {
  if (payload.length > PAYLOAD_MAX_UNITS) return null;
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return null; // NOTIFY is open to every user of the database.
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, tablo, user } = value as Readonly<Record<string, unknown>>;
  if (type === 'all') return { type };
  if (!isTabloId(tablo)) return null;
  if (type === 'tablo') return { type, tablo };
  if (!isUserId(user)) return null;
  return type === 'access' || type === 'draft' || type === 'read' ? { type, tablo, user } : null;
}
