/**
 * What changed in the database, whoever changed it: triggers notify, we listen [R6]. A listener that was cut off may have missed anything,
 * so its return is told as `resync`: who relies on changes reads everything anew.
 */
import { isTabloId, isUserId, type TabloId, type UserId } from '@tablo/schema/ids';

export type Change =
  /** A membership appeared, changed or ended. */
  | { readonly type: 'access'; readonly tablo: TabloId; readonly user: UserId }
  /** A tablo was renamed, deleted, or is back. */
  | { readonly type: 'tablo'; readonly tablo: TabloId }
  | { readonly type: 'read'; readonly tablo: TabloId; readonly user: UserId; readonly seq: number }
  /** Not listening, said again with every attempt that fails: the database may be away. */
  | { readonly type: 'lost' }
  /** A member's draft in a tablo changed; its text is read where it is needed. */
  | { readonly type: 'draft'; readonly tablo: TabloId; readonly user: UserId }
  /** Listening (again): anything may have changed before this. */
  | { readonly type: 'resync' };

export interface Changes {
  /** False: what happens in the database now is learned later, by `resync`. */
  readonly isListening: boolean;
  subscribe(listener: (change: Change) => void): () => void;
  close(): Promise<void>;
}

/** `null` for what a newer server's triggers may say. */
export function parseChange(payload: string): Change | null {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return null; // NOTIFY is open to every user of the database.
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, tablo, user, seq } = value as Readonly<Record<string, unknown>>;
  if (!isTabloId(tablo)) return null;
  if (type === 'tablo') return { type, tablo };
  if (!isUserId(user)) return null;
  if (type === 'access' || type === 'draft') return { type, tablo, user };
  return type === 'read' && typeof seq === 'number' ? { type, tablo, user, seq } : null;
}
