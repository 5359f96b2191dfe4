/** One of three servers behind a plain balancer is killed, or stands still, while people write on all of them: nothing is lost, doubled or misordered. */
import type { Entry } from '@tablo/schema/entry';
import { createMessage, createReaction } from '@tablo/schema/entry';
import type { TabloId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Book } from '../soak/history/book.ts';
import { checkHistory } from '../soak/history/check-history.ts';
import { readTablo } from '../soak/history/record.ts';
import { Member } from '../soak/member.ts';
import { type Balancer, openBalancer } from '../support/balancer.ts';
import type { RunningServer } from '../support/server.ts';
import { type NodeStage, newUser, openNodeStage } from './node-stage.ts';
import { StockClient } from './stock-client.ts';

const DELIVERED_MS = 12_000;
/** y-protocols forgets who was not heard of for 30 s; a server that is not heard of for 10 s takes its people along. */
const FORGOTTEN_MS = 35_000;
const OTHERS_WAIT_MS = 3_000;
const EPOCH_MAX_ENTRIES = '150';
/** Of an advisory lock. */
const BRAKE = 4_711;

let stage: NodeStage;
let balancer: Balancer;
beforeAll(async () => {
  stage = await openNodeStage(3, { EPOCH_MAX_ENTRIES });
  balancer = await openBalancer(stage.nodes.map(({ port }) => port));
  await stage.haveMet();
});
afterAll(async () => {
  await balancer.close();
  await stage.close();
});

describe('one of three servers', () => {
  it('[R1] [R4] [N1] one of three servers is killed while eight devices write through all of them, and tablos move to fresh documents', async () => {
    const book = new Book();
    const users = [newUser(), newUser(), newUser()];
    const tablos = [await stage.addTablo(users), await stage.addTablo(users)];
    const seat = (tabloId: TabloId, nth: number) => {
      const userId = users[nth % 3] as (typeof users)[number];
      return new Member({ url: balancer.url, tabloId, userId, token: tokenOf(userId) }, book, nth % 2 === 1);
    };
    const members = tablos.flatMap((tabloId) => [0, 1, 2, 3].map((nth) => seat(tabloId, nth)));
    for (const member of members) member.connect();
    await untilTrue('everybody has joined', () => members.every(({ isJoined }) => isJoined));
    const random = new Random(7);
    const writing = setInterval(() => {
      for (const member of members) if (member.unacknowledged < 20) member.write(random);
    }, 25);
    const [first, second] = stage.nodes as [RunningServer, RunningServer];
    await untilTrue('much is written', () => book.acknowledged.size > 400);
    await first.kill();
    const before = book.acknowledged.size;
    await untilTrue('all go on', () => book.acknowledged.size > before + 300);
    // Back, and another one is stopped as for a new release.
    await first.restart();
    await second.stop();
    await untilTrue('all go on again', () => book.acknowledged.size > before + 600);
    clearInterval(writing);
    await untilTrue(
      'all is acknowledged',
      () => members.every(({ unacknowledged }) => unacknowledged === 0),
      DELIVERED_MS,
    );
    await second.restart();
    const newcomer = async (tabloId: string, epoch: number): Promise<readonly Entry[]> => {
      const member = new Member({ ...seat(tabloId as TabloId, 0).seat }, new Book());
      member.epoch = epoch;
      member.connect();
      await untilTrue('a newcomer has joined', () => member.isJoined);
      const { entries } = member;
      member.close();
      return entries;
    };
    const query = async (sql: string, values: readonly unknown[]) => (await stage.pool.query(sql, [...values])).rows;
    const record = [];
    for (const id of tablos) record.push(await readTablo(query, id, (epoch) => newcomer(id, epoch)));
    expect(checkHistory(book, record)).toEqual([]);
    expect(await stage.audit()).toEqual([]);
    // The tablos have moved several times, and every member's document is the tablo's.
    expect(Math.min(...record.map(({ epoch }) => epoch))).toBeGreaterThan(2);
    for (const member of members) {
      const tablo = record.find(({ id }) => id === member.seat.tabloId);
      await untilTrue(
        'a member has all of the live document',
        () =>
          member.epoch === tablo?.epoch &&
          tablo.document.every(({ id }) => member.entries.some((entry) => entry.id === id)),
        DELIVERED_MS,
      );
    }
    for (const given of balancer.given) expect(given).toBeGreaterThan(0);
    for (const member of members) member.close();
  });

  it('[R3] one of three servers is killed: its people are gone soon', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await stage.addTablo([alice, bob]);
    const [first, second] = stage.nodes as [RunningServer, RunningServer];
    const [onFirst, onSecond] = [new StockClient(first.url, tablo, alice), new StockClient(second.url, tablo, bob)];
    await untilTrue('both have joined', () => onFirst.provider.isSynced && onSecond.provider.isSynced);
    onFirst.show(true);
    await untilTrue('alice is seen', () => onSecond.people.includes(`${alice} true`));
    await first.kill();
    await untilTrue('alice has gone', () => onSecond.people.every((one) => !one.startsWith(alice)), FORGOTTEN_MS);
    onFirst.close();
    onSecond.close();
    await first.restart();
    await stage.haveMet();
  });

  it('[R11] one of three servers stands still in the middle of its commits: others wait no longer than three seconds, and it goes on when it wakes', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablos = await Promise.all(Array.from({ length: 6 }, () => stage.addTablo([alice, bob])));
    const [first, second] = stage.nodes as [RunningServer, RunningServer];
    const message = (author: typeof alice, text: string) => createMessage({ author, sentAt: Date.now() }, text);
    const open = (node: RunningServer, user: typeof alice) =>
      tablos.map((tablo) => new StockClient(node.url, tablo, user));
    const [onFirst, onSecond] = [open(first, alice), open(second, bob)];
    const all = [...onFirst, ...onSecond];
    await untilTrue('all have joined', () => all.every(({ provider }) => provider.isSynced));
    // A message alone would be committed by one statement, which needs no server to come to its end.
    const held = message(alice, 'from the first');
    const reaction = createReaction({ author: alice, sentAt: Date.now() }, held.id, '👍', true);
    const brake = await stopWithin(first, tablos[0] as TabloId, () => onFirst[0]?.push(held, reaction));
    for (const client of onSecond) client.push(message(bob, 'from the second'));
    await untilTrue(
      'the second one’s are durable in all other tablos',
      () => onSecond.slice(1).every(({ seqs }) => seqs.length > 0),
      OTHERS_WAIT_MS,
    );
    // A transaction that says nothing for two seconds is ended.
    await untilTrue('and in the one that the first held', () => onSecond[0]?.seqs.length === 1, DELIVERED_MS);
    await brake.remove();
    for (const client of onFirst.slice(1)) client.push(message(alice, 'from the first'));
    first.signal('SIGCONT');
    await untilTrue(
      'all have all',
      () => all.every(({ texts, seqs }) => texts.length === 2 && seqs.length === 2),
      DELIVERED_MS,
    );
    for (const client of all) {
      expect(client.seqs).toEqual([1, 2]);
      client.close();
    }
    expect(await stage.audit()).toEqual([]);
  });
});

/** Stops the server's process while one of its transactions holds the tablo and waits for nothing any more. `write`: makes it commit there. */
async function stopWithin(node: RunningServer, tablo: TabloId, write: () => void) {
  const holder = await stage.pool.connect();
  await holder.query(`SELECT pg_advisory_lock(${BRAKE})`);
  await holder.query(`CREATE FUNCTION brake() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${BRAKE}); RETURN NEW; END $$`);
  await holder.query(
    `CREATE TRIGGER brake BEFORE INSERT ON tablo_updates FOR EACH ROW WHEN (NEW.tablo_id = '${tablo}') EXECUTE FUNCTION brake()`,
  );
  write();
  const waits = async (): Promise<boolean> => {
    const { rowCount } = await holder.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
    return rowCount === 1;
  };
  // Its tries take a second at the most.
  for (;;) {
    await untilTrue('a transaction waits', waits);
    node.signal('SIGSTOP');
    if (await waits()) break;
    node.signal('SIGCONT');
  }
  await holder.query(`SELECT pg_advisory_unlock(${BRAKE})`);
  holder.release();
  return {
    remove: async () => {
      await stage.pool.query('DROP TRIGGER brake ON tablo_updates');
      await stage.pool.query('DROP FUNCTION brake');
    },
  };
}
