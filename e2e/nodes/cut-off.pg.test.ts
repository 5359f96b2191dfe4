/** One of two servers is cut off from PostgreSQL while its clients stay on it. */
import { createMessage } from '@tablo/schema/entry';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gate } from '../soak/faults/gate.ts';
import type { RunningServer } from '../support/server.ts';
import { type NodeStage, newUser, openNodeStage } from './node-stage.ts';
import { StockClient } from './stock-client.ts';

const DELIVERED_MS = 12_000;

let stage: NodeStage;
let gate: Gate;
beforeAll(async () => {
  stage = await openNodeStage(2, {}, async (url, nth) => {
    if (nth === 0) return url;
    gate = await Gate.open(url);
    return gate.url;
  });
  await stage.haveMet();
});
afterAll(async () => {
  await stage.close();
  await gate.close();
});

describe('a server that is cut off from PostgreSQL alone', () => {
  it.each(['cut', 'silent'])(
    '[R1] [R6] [N1] acknowledges nothing, shows nothing of others, and nothing afterwards to whom was removed meanwhile (%s)',
    async (how) => {
      const [alice, bob, carol] = [newUser(), newUser(), newUser()];
      const tablo = await stage.addTablo([alice, bob, carol]);
      const [a, b] = stage.nodes as [RunningServer, RunningServer];
      const [onA, bobOnB, carolOnB] = [
        new StockClient(a.url, tablo, alice),
        new StockClient(b.url, tablo, bob),
        new StockClient(b.url, tablo, carol),
      ];
      const clients = [onA, bobOnB, carolOnB];
      await untilTrue('all have joined', () => clients.every(({ provider }) => provider.isSynced));
      const message = (author: typeof alice, text: string) => createMessage({ author, sentAt: Date.now() }, text);
      onA.push(message(alice, 'before'));
      await untilTrue('all have it', () => clients.every(({ seqs }) => seqs.length === 1));
      if (how === 'cut') gate.shut();
      else gate.silence();
      await stage.pool.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [
        tablo,
        bob,
      ]);
      onA.push(message(alice, 'not for bob'));
      carolOnB.push(message(carol, 'waits'));
      await untilTrue('it is durable', () => onA.seqs.length === 2);
      await untilTrue('carol is told', () => carolOnB.heard.some((one) => one.type === 'storage' && one.isAway));
      expect(carolOnB.seqs).toEqual([1]);
      expect([onA.texts.includes('waits'), carolOnB.texts.includes('not for bob')]).toEqual([false, false]);
      gate.reopen();
      await untilTrue(
        'bob is cut',
        () => bobOnB.closed.includes('forbidden') || bobOnB.denied.includes('forbidden'),
        DELIVERED_MS,
      );
      for (const client of [onA, carolOnB])
        await untilTrue(
          'all have all',
          () => client.texts.length === 3 && new Set(client.seqs).size === 3,
          DELIVERED_MS,
        );
      expect(bobOnB.texts).toEqual(['before']);
      expect(await stage.audit()).toEqual([]);
      for (const client of clients) client.close();
      await stage.haveMet();
    },
  );
});
