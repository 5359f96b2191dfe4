/** Two servers on one database: whoever is on one of them sees and hears what happens on the other. Nobody sticks to either. */
import { createEdit, createMessage, createReaction, type Message } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { openYjsClient } from '@tablo/sync-server/testing/open-yjs-client';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../support/server.ts';
import { type NodeStage, newUser, openNodeStage } from './node-stage.ts';
import { StockClient } from './stock-client.ts';

/** The contract's bounds, which a busy machine may need all of. */
const SEEN_MS = 2_000;
const PRESENT_MS = 3_000;
const CUT_MS = 5_000;
const DELIVERED_MS = 12_000;

let stage: NodeStage;
let a: RunningServer;
let b: RunningServer;
const [alice, bob] = [newUser(), newUser()];
let tablo: TabloId;
const open: { close(): void }[] = [];

beforeAll(async () => {
  stage = await openNodeStage(2);
  [a, b] = stage.nodes as [RunningServer, RunningServer];
  await stage.haveMet();
});
afterAll(() => stage.close());
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

async function join(node: RunningServer, user: UserId, options: ConstructorParameters<typeof StockClient>[3] = {}) {
  const client = new StockClient(node.url, tablo, user, options);
  open.push(client);
  await untilTrue('it has joined', () => client.provider.isSynced);
  return client;
}

const message = (author: UserId, text: string): Message => createMessage({ author, sentAt: Date.now() }, text);
const seen = (what: string, isTrue: () => boolean, ms = SEEN_MS) => untilTrue(what, isTrue, ms);

async function post(node: RunningServer, user: UserId, text: string): Promise<number> {
  const answer = await fetch(`${node.url}/chat/channels/${tablo}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokenOf(user)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  await answer.body?.cancel();
  return answer.status;
}

describe('two servers on one database', () => {
  it('[N1] two servers on one database show everybody everything, once, in one order, and say that it is durable', async () => {
    tablo = await stage.addTablo([alice, bob]);
    const [onA, onB] = [await join(a, alice), await join(b, bob)];
    const hello = message(alice, 'hello');
    onA.push(hello);
    await seen('b has it', () => onB.texts.includes('hello'));
    onB.push(createReaction({ author: bob, sentAt: Date.now() }, hello.id, '👍', true), message(bob, 'hi'));
    onA.push(createEdit({ author: alice, sentAt: Date.now() }, hello.id, 'hello again'));
    expect(await post(b, bob, 'by REST')).toBe(201);
    const yjs = openYjsClient(a.url.replace('http', 'ws'), tablo, bob);
    open.push(yjs);
    const entries = yjs.doc.getArray('messages');
    await seen('y-websocket has it', () => entries.length === 5);
    entries.push([message(bob, 'by y-websocket')]);
    for (const client of [onA, onB]) {
      await seen('all have all', () => client.entries.length === 6 && client.seqs.length === 4);
      expect(client.seqs).toEqual([1, 2, 3, 4]);
    }
    expect(onA.doc.getArray('messages').toArray()).toEqual(onB.doc.getArray('messages').toArray());
    expect(await stage.audit()).toEqual([]);
  });

  it('[N1] two servers on one database take hundreds of messages of four clients into one tablo at once', async () => {
    tablo = await stage.addTablo([alice, bob]);
    const clients = await Promise.all([join(a, alice), join(b, bob), join(a, bob), join(b, alice)]);
    const EACH = 100;
    for (let nth = 0; nth < EACH; nth += 1) {
      for (const client of clients) client.push(message(client.user, `${clients.indexOf(client)} ${nth}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await untilTrue('all have all', () =>
      clients.every(({ texts, seqs }) => texts.length === 400 && seqs.length === 400),
    );
    const [first, ...others] = clients.map(({ doc }) => doc.getArray('messages').toArray());
    for (const other of others) expect(other).toEqual(first);
    for (const client of clients) expect(client.seqs).toEqual(Array.from({ length: 400 }, (_, nth) => nth + 1));
    const { rows } = await stage.pool.query('SELECT text FROM messages WHERE channel_id = $1', [tablo]);
    expect(rows.map(({ text }) => text).sort()).toEqual([...(clients[0]?.texts ?? [])].sort());
    expect(await stage.audit()).toEqual([]);
  });

  it('[N1] [R3] a client that goes to the other server finds what it saw, and goes on under its clientID', async () => {
    tablo = await stage.addTablo([alice, bob]);
    const [onA, onB] = [await join(a, alice), await join(b, bob)];
    for (let nth = 0; nth < 20; nth += 1) onA.push(message(alice, `before ${nth}`));
    onB.push(message(bob, 'meanwhile'));
    await seen('all is seen', () => onA.texts.length === 21);
    const { doc } = onA;
    onA.provider.destroy();
    onA.socket.destroy();
    const moved = await join(b, alice, { doc });
    moved.push(message(alice, 'after'));
    await seen('it is seen', () => onB.texts.includes('after'));
    expect(moved.heard.filter(({ type }) => type === 'refused')).toEqual([]);
  });

  it('[R9] all go on in the next document when the tablo moves', async () => {
    tablo = await stage.addTablo([alice, bob]);
    const [onA, onB] = [await join(a, alice), await join(b, bob)];
    onA.push(message(alice, 'kept'));
    await seen('b has it', () => onB.texts.includes('kept'));
    await stage.pool.query('UPDATE tablos SET epoch = 2 WHERE id = $1', [tablo]);
    for (const client of [onA, onB])
      await seen('its connection has ended', () => client.closed.includes('epoch-moved') || client.denied.length > 0);
  });

  it('[R3] people and typing are seen on the other server, and are gone when they leave', async () => {
    tablo = await stage.addTablo([alice, bob]);
    const [onA, onB] = [await join(a, alice), await join(b, bob)];
    onA.show(false);
    onB.show(false);
    for (const client of [onA, onB])
      await seen(
        'both are here',
        () => client.people.join() === [`${alice} false`, `${bob} false`].sort().join(),
        PRESENT_MS,
      );
    onA.show(true);
    await seen('alice types', () => onB.people.includes(`${alice} true`));
    // Whoever comes later sees who is here on the other server.
    const late = await join(a, bob);
    await seen('bob is seen', () => late.people.includes(`${bob} false`), PRESENT_MS);
    onA.close();
    await seen('alice has gone', () => !onB.people.some((one) => one.startsWith(alice)), PRESENT_MS);
  });

  it('[R6] a member who is removed by one server is cut on the other, and sees nothing more', async () => {
    tablo = await stage.addTablo([alice, bob]);
    await stage.pool.query(`UPDATE tablo_access SET role = 'owner' WHERE tablo_id = $1 AND user_id = $2`, [
      tablo,
      alice,
    ]);
    const [onA, onB] = [await join(a, alice), await join(b, bob)];
    const answer = await fetch(`${a.url}/chat/channels/${tablo}/members/${bob}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${tokenOf(alice)}` },
    });
    expect(answer.status).toBe(200);
    await seen('bob is cut', () => onB.closed.includes('forbidden'), CUT_MS);
    onA.push(message(alice, 'not for bob'));
    await seen('it is durable', () => onA.seqs.length === 1);
    expect(onB.texts).toEqual([]);
  });

  it('[R10] read positions, drafts and names go to the devices on the other server, and each says what is durable', async () => {
    tablo = await stage.addTablo([alice, bob]);
    await stage.pool.query(`UPDATE tablo_access SET role = 'owner' WHERE tablo_id = $1 AND user_id = $2`, [
      tablo,
      alice,
    ]);
    const [onA, onB] = [await join(a, alice), await join(b, bob)];
    const hello = message(alice, 'hello');
    onA.push(hello);
    await seen('b has it', () => onB.seqs.length === 1);
    const ask = async (user: UserId, method: string, path: string, body: unknown) => {
      const answer = await fetch(`${a.url}/chat/channels/${tablo}${path}`, {
        method,
        headers: { authorization: `Bearer ${tokenOf(user)}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      await answer.body?.cancel();
      expect(answer.status).toBe(200);
    };
    await ask(bob, 'POST', '/read', { seq: 1 });
    await ask(bob, 'PUT', '/draft', { text: 'unfinished', updated_at: new Date().toISOString() });
    await ask(alice, 'PATCH', '', { name: 'Renamed' });
    for (const type of ['read', 'draft', 'changed'] as const)
      await seen(`bob hears of it: ${type}`, () => onB.heard.some((one) => one.type === type));
    const aliceOnB = await join(b, alice);
    aliceOnB.provider.sendStateless(JSON.stringify({ type: 'check', ids: [hello.id] }));
    await seen('it is durable', () =>
      aliceOnB.heard.some((one) => one.type === 'committed' && one.others.includes(hello.id)),
    );
  });

  it('[N2] a server whose listener is cut catches up', async () => {
    tablo = await stage.addTablo([alice, bob]);
    const [onA, onB] = [await join(a, alice), await join(b, bob)];
    const cut = await stage.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tablo-chat listen'`,
    );
    expect(cut.rowCount).toBe(2);
    for (let nth = 0; nth < 10; nth += 1) onA.push(message(alice, `deaf ${nth}`));
    onB.push(message(bob, 'deaf as well'));
    for (const client of [onA, onB])
      await seen('all have all', () => client.texts.length === 11 && client.seqs.length === 11, DELIVERED_MS);
    expect(onB.seqs).toEqual(Array.from({ length: 11 }, (_, nth) => nth + 1));
    await stage.haveMet();
  });

  it('[N2] hints that are lost, doubled, late, or made up by others change nothing', async () => {
    tablo = await stage.addTablo([alice, bob]);
    const [onA, onB] = [await join(a, alice), await join(b, bob)];
    const overheard: string[] = [];
    const listener = await stage.pool.connect();
    listener.on('notification', ({ payload }) => void overheard.push(payload ?? ''));
    await listener.query('LISTEN tablo_nodes');
    onA.show(true);
    onA.push(message(alice, 'first'));
    await seen('b has it', () => onB.texts.includes('first') && overheard.length > 1);
    const forged = [
      ...overheard.slice(0, 20),
      ...overheard.slice(0, 20).reverse(),
      'not even JSON',
      JSON.stringify([1, 'somebody-else', 'log', [tablo, 7, '999999999999']]),
      JSON.stringify([1, 'somebody-else', 'people', [tablo, 1, [12_345, 1, alice, 'Nobody', true]]]),
    ];
    for (const payload of forged) await listener.query(`SELECT pg_notify('tablo_nodes', $1)`, [payload]);
    await listener.query('UNLISTEN *');
    listener.release();
    onB.push(message(bob, 'second'));
    await seen('a has it', () => onA.texts.includes('second'));
    for (const client of [onA, onB]) expect(client.seqs).toEqual([1, 2]);
    expect(onB.people.filter((one) => one.startsWith(alice))).toHaveLength(1);
    expect([...onA.closed, ...onB.closed]).toEqual([]);
  });
});
