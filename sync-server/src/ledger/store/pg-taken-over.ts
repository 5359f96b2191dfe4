/**
 * The documents of tablos whose messages were taken over from a server before ours: what an epoch begins with, as after any move. Runs in the migration's transaction,
 * so that nobody ever joins a tablo that has messages and an empty document.
 */
import type { TabloId } from '@tablo/schema/ids';
import type { PoolClient } from 'pg';
import { readNewest } from './pg-epochs.ts';
import { createSeed } from './seed.ts';

/** Entries of epoch 0 entered no document of ours (`db/host/take-over.sql`). */
const TAKEN = `SELECT t.id, t.epoch FROM tablos t
  WHERE EXISTS (SELECT FROM tablo_entries e WHERE e.tablo_id = t.id AND e.epoch = 0) AND NOT EXISTS (SELECT FROM tablo_documents d WHERE d.tablo_id = t.id)`;
const INSERT = 'INSERT INTO tablo_documents (tablo_id, epoch, state, server_client) VALUES ($1, $2, $3, $4)';
// Noted by 0005 for documents that held a text of what was deleted: these never did.
const NOTHING_TO_ERASE = `DELETE FROM tablo_erasures x USING tablo_entries e WHERE e.id = x.message_id AND e.epoch = 0`;

export async function fillTakenOver(client: Pick<PoolClient, 'query'>): Promise<void> {
  // Filled a moment ago: the planner knows nothing of them yet, and what follows is asked once a tablo.
  await client.query('ANALYZE messages, tablo_entries');
  const { rows } = await client.query<{ id: TabloId; epoch: number }>(TAKEN);
  for (const { id, epoch } of rows) {
    const seed = createSeed(await readNewest(client, id));
    await client.query(INSERT, [id, epoch, Buffer.from(seed.update), seed.client]);
  }
  await client.query(NOTHING_TO_ERASE);
}
