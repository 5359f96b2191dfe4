/** Webhooks from the whole server to a real receiver: what is told, in which order, and what becomes of it where nobody takes it. */
import { createDeletion, createEdit, createMessage } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../base/log.ts';
import { parseConfig } from '../config/config.ts';
import { type LiveRest, openLiveRest } from '../rest/testing/live-rest.ts';
import { newUser } from '../rest/testing/test-rest.ts';
import { openServer } from '../server.ts';
import { TOKEN_SETTINGS } from '../testing/tokens.ts';
import { untilWithin } from '../testing/wait.ts';
import { openReceiver, type Received, type Receiver, TEST_WEBHOOK_SECRET } from './testing/receiver.ts';

const [alice, bob] = [newUser(), newUser()];
const until = untilWithin(20_000);

let receiver: Receiver;
let rest: LiveRest;
const closers: (() => void | Promise<void>)[] = [];

async function open(env: Record<string, string> = {}): Promise<void> {
  receiver = await openReceiver();
  rest = await openLiveRest({ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: TEST_WEBHOOK_SECRET, ...env });
}
beforeEach(() => open(), 60_000);
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await rest.close();
  receiver.close();
});

const post = async (tablo: TabloId, user: UserId, text: string): Promise<string> =>
  (await rest.as(user, 'POST', `/channels/${tablo}/messages`, { text })).body.message.id;
const typesOf = (events: readonly Received[], tablo: TabloId): string[] =>
  events.filter(({ data }) => data.channel_id === tablo).map(({ type }) => type);
const texts = (tablo: TabloId): string[] =>
  receiver
    .taken()
    .filter(({ type, data }) => type === 'message.created' && data.channel_id === tablo)
    .map(({ data }) => data.text);
const countWaiting = async (): Promise<number> =>
  Number((await rest.pool.query('SELECT count(*) FROM tablo_private.webhook_events')).rows[0].count);
const isEmpty = () => until(async () => expect(await countWaiting()).toBe(0));
/** With its first members, of which the receiver has been told. */
async function createTablo(members: Record<string, Role> = { [alice]: 'owner', [bob]: 'member' }): Promise<TabloId> {
  const tablo = await rest.createTablo(members);
  await until(() => expect(typesOf(receiver.taken(), tablo)).toHaveLength(Object.keys(members).length));
  return tablo;
}

describe('what is told', () => {
  it('is what happened to messages, by a live client and by REST, signed, in order, in the shape of REST', async () => {
    const tablo = await createTablo();
    const client = await rest.join(alice, tablo);
    const sentAt = Date.now();
    const message = createMessage({ author: alice, sentAt }, 'Hello');
    client.push(message);
    await until(() => expect(client.provider.unsyncedChanges).toBe(0));
    client.push(createEdit({ author: alice, sentAt: sentAt + 1 }, message.id, 'Hello all'));
    await until(() => expect(client.provider.unsyncedChanges).toBe(0));
    client.push(createDeletion({ author: alice, sentAt: sentAt + 2 }, message.id));
    await until(() => expect(client.provider.unsyncedChanges).toBe(0));
    const id = await post(tablo, bob, 'From REST');
    await until(() => expect(receiver.taken()).toHaveLength(6));
    expect(typesOf(receiver.taken(), tablo).slice(2)).toEqual([
      ...['message.created', 'message.updated', 'message.deleted', 'message.created'],
    ]);
    const listed = (await rest.as(bob, 'GET', `/channels/${tablo}/messages?after=0`)).body.messages;
    const last = receiver.taken().at(-1);
    expect(last?.data).toEqual(listed.find((one: { id: string }) => one.id === id));
    expect(receiver.taken()[4]?.data).toMatchObject({ id: message.id, text: '', deleted_at: expect.any(String) });
    expect(Math.abs(Date.parse(last?.timestamp ?? '') - Date.now())).toBeLessThan(60_000);
    expect(receiver.received.every(({ isGenuine }) => isGenuine)).toBe(true);
    expect(new Set(receiver.received.map((event) => event.id)).size).toBe(receiver.received.length);
    await isEmpty();
  });

  it('is what SQL does to messages and members as well, each once', async () => {
    const tablo = await createTablo();
    const [first, second] = [await post(tablo, alice, 'one'), await post(tablo, alice, 'two')];
    const carol = newUser();
    const access = (set: string) =>
      rest.pool.query(`UPDATE tablo_access SET ${set} WHERE tablo_id = $1 AND user_id = $2`, [tablo, carol]);
    await rest.pool.query(`INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, 'guest')`, [
      tablo,
      carol,
    ]);
    await access(`role = 'admin'`);
    await access(`role = 'admin', created_at = now()`);
    await access('is_active = false');
    await access(`is_active = true, role = 'member'`);
    await rest.pool.query('DELETE FROM tablo_access WHERE tablo_id = $1 AND user_id = $2', [tablo, carol]);
    await rest.pool.query(`UPDATE messages SET text = 'corrected' WHERE id = $1`, [first]);
    await rest.pool.query('UPDATE messages SET edit_count = edit_count, received_at = received_at WHERE id = $1', [
      first,
    ]);
    await rest.pool.query('UPDATE messages SET deleted_at = now() WHERE channel_id = $1', [tablo]);
    await rest.pool.query('DELETE FROM messages WHERE id = $1', [second]);
    const third = await post(tablo, alice, 'three');
    await rest.pool.query('DELETE FROM messages WHERE id = $1', [third]);
    await isEmpty();
    const told = receiver
      .taken()
      .filter(({ data }) => data.channel_id === tablo)
      .slice(2);
    expect(told.map(({ type, data }) => [type, data.role ?? data.id])).toEqual([
      ['message.created', first],
      ['message.created', second],
      ['member.added', 'guest'],
      ['member.role_changed', 'admin'],
      ['member.removed', 'admin'],
      ['member.added', 'member'],
      ['member.removed', 'member'],
      ['message.updated', first],
      ['message.deleted', first],
      ['message.deleted', second],
      ['message.created', third],
      ['message.deleted', third],
    ]);
    expect(told.at(-1)?.data).toEqual({
      ...{ id: third, channel_id: tablo, user_id: alice, text: '', seq: 3 },
      deleted_at: expect.any(String),
    });
    await rest.pool.query('DELETE FROM tablos WHERE id = $1', [tablo]);
    expect(await countWaiting()).toBe(0);
  });

  it('is what REST does to members, and nothing of an import that says so', async () => {
    const tablo = await createTablo({ [alice]: 'owner' });
    const path = `/channels/${tablo}/members`;
    await rest.as(alice, 'POST', path, { user_id: bob, role: 'guest' });
    await rest.as(alice, 'POST', path, { user_id: bob, role: 'admin' });
    await rest.as(bob, 'DELETE', `${path}/${bob}`);
    const client = await rest.pool.connect();
    await client.query(`BEGIN; SET LOCAL tablo_chat.webhooks = 'off'`);
    await client.query(`INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, gen_random_uuid())`, [tablo]);
    await client.query('COMMIT');
    client.release();
    await isEmpty();
    expect(typesOf(receiver.taken(), tablo).slice(1)).toEqual([
      ...['member.added', 'member.role_changed', 'member.removed'],
    ]);
  });

  it('has no text of a message that was deleted before it could be told, and none waits in the database', async () => {
    const tablo = await createTablo();
    receiver.answer(() => 503);
    const id = await post(tablo, alice, 'a secret that was a mistake');
    await until(() => expect(receiver.received.at(-1)).toMatchObject({ status: 503 }));
    await rest.as(alice, 'DELETE', `/channels/${tablo}/messages/${id}`);
    const waiting = await rest.pool.query('SELECT w::text AS row FROM tablo_private.webhook_events w');
    expect(waiting.rows.filter(({ row }) => row.includes('mistake'))).toEqual([]);
    receiver.answer(() => 200);
    await isEmpty();
    expect(
      receiver
        .taken()
        .slice(-2)
        .map(({ type, data }) => [type, data.text]),
    ).toEqual([
      ['message.created', ''],
      ['message.deleted', ''],
    ]);
  });
});

describe('what is not taken', () => {
  it('[R11] is tried again, in order, and holds up no other tablo', async () => {
    const [stuck, free] = [await createTablo(), await createTablo()];
    receiver.answer(({ data }) => (data.channel_id === stuck ? 500 : 200));
    for (let nth = 0; nth < 20; nth += 1) {
      await post(stuck, alice, `stuck ${nth}`);
      await post(free, alice, `free ${nth}`);
    }
    await until(() => expect(texts(free)).toHaveLength(20));
    expect(texts(stuck)).toEqual([]);
    // Only its first was tried.
    const tried = receiver.received.filter(({ status, data }) => status === 500 && data.channel_id === stuck);
    expect(new Set(tried.map(({ data }) => data.text))).toEqual(new Set(['stuck 0']));
    expect(new Set(tried.map(({ id }) => id)).size).toBe(1);
    receiver.answer(() => 200);
    await isEmpty();
    expect(texts(stuck)).toEqual(Array.from({ length: 20 }, (_, nth) => `stuck ${nth}`));
    expect(texts(free)).toEqual(Array.from({ length: 20 }, (_, nth) => `free ${nth}`));
    const { rows } = await rest.pool.query('SELECT count(*)::int AS turns FROM tablo_private.webhook_turns');
    expect(rows).toEqual([{ turns: 0 }]);
  });

  it('[R11] is given up after three days, or when nobody names its address any more: in the log and the metrics', async () => {
    const tablo = await createTablo();
    receiver.answer(() => 500);
    await post(tablo, alice, 'never taken');
    await until(() => expect(receiver.received.at(-1)).toMatchObject({ status: 500 }));
    await rest.pool.query(`INSERT INTO tablo_private.webhook_endpoints (url, events, seen_at)
      VALUES ('https://gone.example/', '{message.created}', now() - interval '61 minutes')`);
    await post(tablo, alice, 'for two');
    expect(await countWaiting()).toBe(3);
    await rest.pool.query(
      `UPDATE tablo_private.webhook_events SET created_at = now() - interval '73 hours' WHERE seq = 1`,
    );
    await until(async () =>
      expect(await rest.server.readGauge('tablo_webhooks_total\\{outcome="given-up"\\}')).toBe(2),
    );
    expect(rest.server.lines.filter((line) => line.includes('Webhooks were given up'))).toHaveLength(1);
    const { rows } = await rest.pool.query('SELECT url FROM tablo_private.webhook_endpoints');
    expect(rows).toEqual([{ url: receiver.url }]);
    await until(async () => expect(await rest.server.readGauge('tablo_webhooks_waiting')).toBe(1));
    expect(await rest.server.readGauge('tablo_webhooks_oldest_seconds')).toBeGreaterThanOrEqual(0);
    expect(rest.server.lines.filter((line) => line.includes('could not be looked after'))).toEqual([]);
    receiver.answer(() => 200);
    await isEmpty();
    expect(texts(tablo)).toEqual(['for two']);
  }, 60_000);
});

it('[R11] several servers on one database share the work: each tablo in order, and nothing twice without need', async () => {
  const config = parseConfig({
    ...{ PORT: '0', DATABASE_URL: rest.server.databaseUrl, ...TOKEN_SETTINGS },
    ...{ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: TEST_WEBHOOK_SECRET },
  });
  if (!config.ok) throw new Error(config.error);
  for (let nth = 0; nth < 2; nth += 1) {
    const openDatabase = async () => ({ url: rest.server.databaseUrl });
    const other = await openServer({ config: config.value, log: silentLog, openDatabase });
    closers.push(() => other.close());
  }
  const tablos = [await createTablo(), await createTablo(), await createTablo()];
  const wanted = Array.from({ length: 30 }, (_, nth) => `message ${nth}`);
  await Promise.all(
    tablos.map(async (tablo) => {
      for (const text of wanted) await post(tablo, alice, text);
    }),
  );
  await isEmpty();
  for (const tablo of tablos) expect(texts(tablo)).toEqual(wanted);
}, 60_000);

it('notes nothing where there is no endpoint, nor what it does not ask for', async () => {
  await rest.close();
  receiver.close();
  await open({ WEBHOOK_EVENTS: 'message.deleted' });
  const tablo = await rest.createTablo({ [alice]: 'owner' });
  const id = await post(tablo, alice, 'one');
  await rest.as(alice, 'DELETE', `/channels/${tablo}/messages/${id}`);
  await isEmpty();
  expect(receiver.taken().map(({ type }) => type)).toEqual(['message.deleted']);
  await rest.close();
  receiver.close();
  await open({ WEBHOOK_URL: '' });
  await post(await rest.createTablo({ [alice]: 'owner' }), alice, 'one');
  const { rows } = await rest.pool.query(`SELECT last_value, is_called FROM tablo_private.webhook_events_id_seq`);
  expect(rows).toEqual([{ last_value: '1', is_called: false }]);
}, 60_000);
