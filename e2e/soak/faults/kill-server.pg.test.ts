import type { EntryId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { expect, it } from 'vitest';
import { openDatabase } from '../../support/database.ts';
import { Stage, type Verdict } from '../stage.ts';
import { runKills } from './kill-run.ts';

const KILLS = 20;
/** A container is killed after 10 s. */
const STOP_WITHIN_MS = 10_000;

it(`[R1] [R4] [R11] ${KILLS} kills of the server lose nothing and double nothing; and the judgement objects to what is falsified`, async () => {
  const database = await openDatabase();
  const report = await runKills({ url: database.url, kills: KILLS, seed: 1 }, falsify);
  const { record: _, ...figures } = report;
  console.log(JSON.stringify(figures));
  const { faults, drifts, written, acknowledged, seen, inCommit } = report;
  expect(faults).toEqual([]);
  expect(drifts).toEqual([]);
  expect(acknowledged).toBe(written);
  expect(seen).toBe(written);
  expect(written).toBeGreaterThan(KILLS * 10);
  expect(inCommit, 'kills in the middle of a commit').toBeGreaterThan(0);
  await database.close();
}, 120_000);

/** On the real record of the same run: each fault is made, and found. */
async function falsify(stage: Stage): Promise<void> {
  const faultsOf = async (): Promise<string[]> =>
    [...new Set((await stage.judge()).faults.map(({ fault }) => fault))].sort();
  const unsent = '00000000-0000-4000-8000-000000000000' as EntryId;
  stage.book.acknowledge([unsent]);
  expect(await faultsOf()).toEqual(['lost']);
  stage.book.acknowledged.delete(unsent);

  await stage.pool.query(`INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
    SELECT gen_random_uuid(), channel_id, user_id, 'device 0, entry 0', created_at, sent_at, received_at, seq + 1 FROM messages
    WHERE channel_id = '${stage.tablos[0]}' ORDER BY seq DESC LIMIT 1`);
  await stage.pool.query(
    `UPDATE messages SET text = 'device 0, entry 0' WHERE channel_id = '${stage.tablos[0]}' AND seq = 1`,
  );
  expect(await faultsOf()).toEqual(['doubled', 'seq-gap', 'unknown']);
  expect((await stage.judge()).drifts.length).toBeGreaterThan(0);

  await stage.pool.query(`DELETE FROM messages WHERE channel_id = '${stage.tablos[1]}' AND seq = 2`);
  const { faults }: Verdict = await stage.judge();
  expect(faults.map(({ fault }) => fault)).toContain('lost');
}

it('[R1] [R11] SIGTERM under load: all that was acknowledged is durable, clients are told, and it ends with code 0 in time', async () => {
  const database = await openDatabase();
  // In one epoch: who is between two sockets, on the way to the next, cannot be told.
  const stage = await Stage.open({ url: database.url, epochMaxEntries: 100_000 });
  stage.connect();
  await stage.allJoined();
  stage.startWriting(new Random(2));
  await untilTrue('some are acknowledged', () => stage.book.acknowledged.size > 50);
  const startedAt = performance.now();
  expect(await stage.server.stop()).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(STOP_WITHIN_MS);
  // The process is gone; what it said may still be on its way through this one.
  await untilTrue(
    'everybody was told',
    () => stage.members.every(({ farewells }) => farewells.includes('shutting-down')),
    5_000,
  );
  const acknowledged = [...stage.book.acknowledged];
  const { rowCount } = await stage.pool.query('SELECT FROM tablo_entries WHERE id = ANY($1)', [acknowledged]);
  expect(rowCount).toBe(acknowledged.length);
  await stage.server.restart();
  await stage.drained();
  const { faults, drifts } = await stage.judge();
  expect({ faults, drifts }).toEqual({ faults: [], drifts: [] });
  await stage.close();
  await database.close();
});
