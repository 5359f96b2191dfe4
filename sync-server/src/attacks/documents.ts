/** Documents of any size, put into the log by SQL: for attacks by whoever asks for them. */
import { createMessage } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import type { TestServer } from '../sync/test-server.ts';
import { append } from './updates.ts';

/** Some characters below the most that a text may have. */
const TEXT_BYTES = 7_900;

/** About so many bytes in one update, by one author. */
export function fill(author: UserId, bytes: number, client = 77): Uint8Array {
  const texts = Array.from({ length: Math.ceil(bytes / TEXT_BYTES) }, () =>
    createMessage({ author, sentAt: Date.now() }, 'x'.repeat(TEXT_BYTES)),
  );
  return append(client, texts);
}

/** Tablos of `owner` with a document of about `bytes` each. */
export async function addTablos(
  server: TestServer,
  owner: UserId,
  count: number,
  bytes: number,
): Promise<readonly TabloId[]> {
  const update = Buffer.from(fill(owner, bytes));
  const ids = Array.from({ length: count }, () => createEntryId() as string as TabloId);
  await server.pool.query("INSERT INTO tablos (id, name) SELECT id, 'T' FROM unnest($1::uuid[]) AS id", [ids]);
  await server.pool.query('INSERT INTO tablo_access (tablo_id, user_id) SELECT id, $2 FROM unnest($1::uuid[]) AS id', [
    ids,
    owner,
  ]);
  await server.pool.query(
    'INSERT INTO tablo_updates (tablo_id, epoch, update) SELECT id, 1, $2 FROM unnest($1::uuid[]) AS id',
    [ids, update],
  );
  return ids;
}
