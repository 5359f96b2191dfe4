/** Servers that tell each other by Redis, and what becomes of them when Redis goes, or when one of them does not have it. */
import { createMessage } from '@tablo/schema/entry';
import type { TabloId } from '@tablo/schema/ids';
import { NO_REDIS, REDIS_PROGRAM, RedisServer } from '@tablo/sync-server/nodes/testing/redis-server';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../support/server.ts';
import { type NodeStage, newUser, openNodeStage } from './node-stage.ts';
import { StockClient } from './stock-client.ts';

const SEEN_MS = 2_000;
const MESSAGES = 20;

const [alice, bob] = [newUser(), newUser()];
const skipped = REDIS_PROGRAM === null ? ` (${NO_REDIS})` : '';

describe.skipIf(REDIS_PROGRAM === null)(`two servers with one Redis${skipped}`, () => {
  let redis: RedisServer;
  let stage: NodeStage;
  let listener: pg.Client;
  let notified = 0;
  const open: StockClient[] = [];
  beforeAll(async () => {
    redis = await RedisServer.choosePort();
    await redis.start();
    stage = await openNodeStage(2, { REDIS_URL: redis.url });
    listener = new pg.Client({ connectionString: stage.database.url });
    await listener.connect();
    listener.on('notification', () => {
      notified += 1;
    });
    await listener.query('LISTEN tablo_nodes');
    await stage.haveMet();
  });
  afterAll(async () => {
    await listener.end();
    await stage.close();
    await redis.kill();
  });
  afterEach(() => {
    for (const client of open.splice(0)) client.close();
  });

  async function joinBoth(): Promise<[StockClient, StockClient]> {
    const tablo: TabloId = await stage.addTablo([alice, bob]);
    const [a, b] = stage.nodes as [RunningServer, RunningServer];
    const clients: [StockClient, StockClient] = [
      new StockClient(a.url, tablo, alice),
      new StockClient(b.url, tablo, bob),
    ];
    open.push(...clients);
    await untilTrue('both have joined', () => clients.every(({ provider }) => provider.isSynced));
    return clients;
  }
  /** One after the other, each seen by the other one before the next. */
  async function talk([one, other]: readonly [StockClient, StockClient]): Promise<void> {
    for (let nth = 0; nth < MESSAGES; nth += 1) {
      const text = `Message ${nth} ${Math.random()}`;
      const [from, to] = nth % 2 === 0 ? [one, other] : [other, one];
      from.push(createMessage({ author: from.user, sentAt: Date.now() }, text));
      await untilTrue(`it is on the other server: ${text}`, () => to.texts.includes(text), SEEN_MS);
    }
  }
  /** What is said by NOTIFY while people talk. */
  async function countNotified(clients: readonly [StockClient, StockClient]): Promise<number> {
    const before = notified;
    await talk(clients);
    return notified - before;
  }

  it('[N2] tell each other by Redis alone while it is well, by NOTIFY while it is dead, and by Redis again when it is back.', async () => {
    const clients = await joinBoth();
    await untilTrue('nothing is said by NOTIFY any more', async () => (await countNotified(clients)) === 0);
    await redis.kill();
    expect(await countNotified(clients)).toBeGreaterThan(0);
    await redis.start();
    await untilTrue('nothing is said by NOTIFY any more', async () => (await countNotified(clients)) === 0);
    expect(await stage.audit()).toEqual([]);
  });

  it('[N2] keep everybody up to date while Redis stands still.', async () => {
    const clients = await joinBoth();
    await talk(clients);
    redis.signal('SIGSTOP');
    await talk(clients);
    redis.signal('SIGCONT');
    await talk(clients);
    expect(await stage.audit()).toEqual([]);
  });
});

describe.skipIf(REDIS_PROGRAM === null)(`two servers, one of which has no Redis${skipped}`, () => {
  it('[N2] hear each other by NOTIFY.', async () => {
    const redis = await RedisServer.choosePort();
    await redis.start();
    const stage = await openNodeStage(2, (nth) => (nth === 0 ? { REDIS_URL: redis.url } : {}));
    const clients: StockClient[] = [];
    try {
      await stage.haveMet();
      const tablo = await stage.addTablo([alice, bob]);
      clients.push(...stage.nodes.map(({ url }, nth) => new StockClient(url, tablo, nth === 0 ? alice : bob)));
      await untilTrue('both have joined', () => clients.every(({ provider }) => provider.isSynced));
      const hints = () => Promise.all(stage.nodes.map((node) => stage.readMetric(node, 'tablo_catch_ups_total')));
      for (const [nth, client] of clients.entries()) {
        client.push(createMessage({ author: client.user, sentAt: Date.now() }, `from ${nth}`));
        await untilTrue('both have it', () => clients.every(({ texts }) => texts.includes(`from ${nth}`)), SEEN_MS);
      }
      expect((await hints()).every((count) => count > 0)).toBe(true);
    } finally {
      for (const client of clients) client.close();
      await stage.close();
      await redis.kill();
    }
  });
});
