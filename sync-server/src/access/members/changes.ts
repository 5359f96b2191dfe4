/**
 * What changed in the database, whoever changed it: triggers notify, we listen [R6]. A listener that was cut off may have missed anything,
 * so its return is told as `resync`: who relies on changes reads everything anew.
 *
 * Every user of the database may say NOTIFY, whatever and as often as they like. So a change names what to look at and never what is there: who hears it reads
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
  /** Of all memberships or tablos at once: TRUNCATE, or a connection that answers and does not hear. */
  | { readonly type: 'all' }
  /** Not listening, said again with every attempt that fails: the database may be away. */
  | { readonly type: 'lost' }
  /** Listening (again), and found to hear: anything may have changed before this. */
  | { readonly type: 'resync' };

export interface Changes {
  /** False: what happens in the database now is learned later, by `resync`. */
  readonly isListening: boolean;
  subscribe(listener: (change: Change) => void): () => void;
  close(): Promise<void>;
}

/** Twice what our triggers say at the most; a notification may have 8,000 bytes. */
const PAYLOAD_MAX_UNITS = 256;

/** `null` for what a newer server's triggers may say, and for what is none of ours: passed over without a word, since the log would be the next thing to fill. */
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
