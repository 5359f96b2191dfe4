/**
 * [R8] Own messages that only the cached history still has, as entries: after a restored backup the server may have lost them, and nobody else sends them
 * again. As they read now, since an edit that is folded into its message cannot be told apart. Changes of others' messages are not among them.
 */
import type { Message } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { LocalStore } from '../store/local-store.ts';

/** The newest rows of a tablo that are looked through. */
const SCAN = 10_000;

export async function readCachedOwn(store: LocalStore, tabloId: TabloId, user: UserId): Promise<readonly Message[]> {
  const rows = await store.readRows(tabloId, null, SCAN);
  return rows
    .filter(({ author, isDeleted }) => author === user && !isDeleted)
    .map(({ id, author, sentAt, text, replyTo }) => ({
      kind: 'message',
      ...{ id, author, sentAt, text },
      ...(replyTo === null ? {} : { replyTo }),
    }));
}
