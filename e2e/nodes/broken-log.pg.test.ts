/** What is stored of one tablo is damaged: its own people wait until somebody has mended it, and nobody else notices, on any server. */
import { createMessage } from '@tablo/schema/entry';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../support/server.ts';
import { type NodeStage, newUser, openNodeStage } from './node-stage.ts';
import { StockClient } from './stock-client.ts';

let stage: NodeStage;
beforeAll(async () => {
  stage = await openNodeStage(2);
  await stage.haveMet();
});
afterAll(() => stage.close());

it('[N1] [R8] a row of the log that nobody can read stops its own tablo alone, and when it is gone that goes on', async () => {
  const [alice, bob] = [newUser(), newUser()];
  const [odd, well] = [await stage.addTablo([alice, bob]), await stage.addTablo([alice, bob])];
  const [a, b] = stage.nodes as [RunningServer, RunningServer];
  const [oddOnA, oddOnB, wellOnA, wellOnB] = [
    new StockClient(a.url, odd, alice),
    new StockClient(b.url, odd, bob),
    new StockClient(a.url, well, alice),
    new StockClient(b.url, well, bob),
  ] as const;
  const clients = [oddOnA, oddOnB, wellOnA, wellOnB];
  await untilTrue('all have joined', () => clients.every(({ provider }) => provider.isSynced));
  const message = (author: typeof alice, text: string) => createMessage({ author, sentAt: Date.now() }, text);
  oddOnA.push(message(alice, 'before'));
  await untilTrue('both have it', () => [oddOnA, oddOnB].every(({ texts }) => texts.length === 1));
  const { rows } = await stage.pool.query<{ id: string }>(
    `INSERT INTO tablo_updates (tablo_id, epoch, update) VALUES ($1, 1, '\\x010203') RETURNING id`,
    [odd],
  );
  // Either server finds it at its next look, if not sooner.
  await untilTrue('its connections end', () => [oddOnA, oddOnB].every(({ closed }) => closed.includes('unavailable')));
  for (const nth of [1, 2, 3]) {
    wellOnA.push(message(alice, `from a ${nth}`));
    wellOnB.push(message(bob, `from b ${nth}`));
  }
  await untilTrue('others go on', () => [wellOnA, wellOnB].every(({ texts }) => texts.length === 6));
  expect([wellOnA.closed, wellOnB.closed]).toEqual([[], []]);
  await stage.pool.query('DELETE FROM tablo_updates WHERE id = $1', [rows[0]?.id]);
  for (const client of [oddOnA, oddOnB]) client.close();
  const again = [new StockClient(a.url, odd, alice), new StockClient(b.url, odd, bob)] as const;
  await untilTrue('they have joined again', () => again.every(({ provider }) => provider.isSynced));
  again[1].push(message(bob, 'after'));
  await untilTrue('it goes on', () => again.every(({ texts }) => texts.join() === 'before,after'));
  for (const client of [...clients, ...again]) client.close();
  expect(await stage.audit()).toEqual([]);
});
