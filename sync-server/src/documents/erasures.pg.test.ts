import { createDeletion, createEdit, createMessage, createReaction } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openWholeServer, type WholeServer } from '../attacks/whole-server.ts';
import { silentLog } from '../base/log.ts';
import { actAs } from '../db/testing/host-database.ts';
import { openTestServer, type TestServer } from '../sync/test-server.ts';
import { TestClient } from '../testing/test-client.ts';
import { tokenOf } from '../testing/tokens.ts';
import { untilWithin } from '../testing/wait.ts';
import { type Erasures, openErasures } from './erasures.ts';
import { PgErasureStore } from './pg-erasure-store.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const bob = '00000000-0000-4000-8000-00000000000b' as UserId;

let server: TestServer;
const open: { close(): void }[] = [];
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const until = untilWithin(15_000);
const by = (author: UserId) => ({ author, sentAt: Date.now() });

async function joined(user: UserId, tablo: TabloId, epoch = 1): Promise<TestClient> {
  const client = new TestClient(server.url, `${tablo}/${epoch}`, tokenOf(user));
  open.push(client);
  await until(() => expect(client.provider.isSynced).toBe(true));
  return client;
}

const stored = ({ provider }: TestClient) => until(() => expect(provider.unsyncedChanges).toBe(0));

function startErasures(gatherMs = 0): Erasures {
  const store = new PgErasureStore(server.pool);
  const erasures = openErasures({
    store,
    move: (name) => server.sync.moveTablo(name),
    log: silentLog,
    gatherMs,
    lookMs: 10,
  });
  open.push(erasures);
  return erasures;
}

/** Everything that a dump holds, table by table: which of them have these bytes, as text or within binary values. */
async function tablesWith(
  secret: string,
  database: Pick<pg.Client, 'query'> = server.pool,
): Promise<readonly string[]> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const hit = await database.query(
      `SELECT FROM ${name} AS r WHERE strpos(r::text, $1) > 0 OR strpos(r::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0 LIMIT 1`,
      [secret],
    );
    if (hit.rowCount !== 0) found.push(name);
  }
  return found.sort();
}

it('[R2] the server takes a deleted message, its edits included, out of every table, while people write on', async () => {
  const tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
  const a = await joined(alice, tablo);
  const [kept, secret] = [createMessage(by(alice), 'this stays'), createMessage(by(alice), 'hunter2 first')];
  a.push(kept, secret);
  a.push(...Array.from({ length: 60 }, (_, nth) => createEdit(by(alice), secret.id, `hunter2 edit ${nth}`)));
  a.push(createReaction(by(alice), secret.id, '👍', true));
  await stored(a);
  expect(await tablesWith('hunter2')).toEqual(['public.message_edits', 'public.messages', 'public.tablo_updates']);
  a.push(createDeletion(by(alice), secret.id));
  await stored(a);
  // At once: what people see, and of the rest what one commit can do.
  expect((await server.pool.query('SELECT text, first_text FROM messages WHERE id = $1', [secret.id])).rows).toEqual([
    { text: '', first_text: null },
  ]);
  startErasures();
  await until(async () => expect(await tablesWith('hunter2')).toEqual([]));
  await until(() => expect(a.closed).toContain('epoch-moved'));
  const next = await joined(bob, tablo, 2);
  expect(next.texts).toEqual(['this stays']);
  const { rows } = await server.pool.query('SELECT count(*)::int AS n FROM tablo_votes WHERE message_id = $1', [
    secret.id,
  ]);
  expect(rows).toEqual([{ n: 0 }]);
  await until(async () => expect((await server.pool.query('SELECT FROM tablo_erasures')).rowCount).toBe(0));
  next.push(createMessage(by(bob), 'goes on'));
  await stored(next);
});

it.each([
  ['deletes it', 'UPDATE messages SET deleted_at = now() WHERE id = $1', ''],
  ['corrects it', `UPDATE messages SET text = 'as corrected', first_text = NULL WHERE id = $1`, 'as corrected'],
  ['removes its row', 'DELETE FROM messages WHERE id = $1', null],
])(
  '[R2] the server does so of a message when service_role %s by SQL, also where nobody writes any more',
  async (_, sql, left) => {
    const tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
    const a = await joined(alice, tablo);
    const [kept, secret] = [createMessage(by(alice), 'this stays'), createMessage(by(alice), 'open sesame')];
    a.push(kept, secret, createEdit(by(alice), secret.id, 'open sesame, please'));
    await stored(a);
    a.close();
    await actAs(server.pool, { role: 'service_role', keep: true }, async (client) => {
      await client.query(sql, [secret.id]);
      // Its earlier texts are rows of their own: those of a message that stays are the moderator's to empty.
      if (left === 'as corrected')
        await client.query(`UPDATE message_edits SET text = '' WHERE message_id = $1`, [secret.id]);
    });
    // In the log, or in the snapshot that was made when the last one left.
    expect((await tablesWith('open sesame')).some((name) => /tablo_(updates|documents)$/.test(name))).toBe(true);
    startErasures();
    await until(async () => expect(await tablesWith('open sesame')).toEqual([]));
    await until(async () => expect((await server.pool.query('SELECT FROM tablo_erasures')).rowCount).toBe(0));
    const { rows } = await server.pool.query<{ text: string }>('SELECT text FROM messages WHERE id = $1', [secret.id]);
    expect(rows[0]?.text ?? null).toBe(left);
    expect((await joined(bob, tablo, 2)).texts).toEqual(['this stays']);
  },
);

it('[R2] the server does so of an earlier text that is changed or removed by SQL, and keeps the reactions of its message', async () => {
  const texts = ['open door', 'open window'] as const;
  const tablo = await server.addTablo({ [alice]: 'owner' });
  const a = await joined(alice, tablo);
  const messages = texts.map((text) => createMessage(by(alice), text));
  for (const one of messages) {
    a.push(one, createEdit(by(alice), one.id, 'closed'), createReaction(by(alice), one.id, '👍', true));
  }
  await stored(a);
  a.close();
  await actAs(server.pool, { role: 'service_role', keep: true }, async (client) => {
    await client.query(`UPDATE messages SET first_text = 'ajar' WHERE id = ANY($1)`, [messages.map(({ id }) => id)]);
    await client.query(`DELETE FROM tablo_erasures`);
    await client.query(`UPDATE message_edits SET text = 'ajar' WHERE message_id = $1`, [messages[0]?.id]);
    await client.query('DELETE FROM message_edits WHERE message_id = $1', [messages[1]?.id]);
  });
  const { rows } = await server.pool.query('SELECT message_id FROM tablo_erasures');
  expect(rows.map(({ message_id }) => message_id).sort()).toEqual(messages.map(({ id }) => id).sort());
  startErasures();
  for (const text of texts) await until(async () => expect(await tablesWith(text)).toEqual([]));
  const reactions = await server.pool.query('SELECT FROM message_reactions WHERE channel_id = $1', [tablo]);
  expect(reactions.rowCount).toBe(2);
});

it('[R9] what the ledger edits and deletes costs no trigger, and an edit no move', async () => {
  const tablo = await server.addTablo({ [alice]: 'owner' });
  const a = await joined(alice, tablo);
  const [edited, deleted] = [createMessage(by(alice), 'first'), createMessage(by(alice), 'second')];
  a.push(edited, deleted);
  await stored(a);
  const { rows } = await server.pool.query<{ source: string }>(
    `SELECT pg_get_functiondef('tablo_private.note_erasure'::regproc) AS source`,
  );
  await server.pool.query(
    `CREATE OR REPLACE FUNCTION tablo_private.note_erasure(message uuid, channel uuid, keeps_rows boolean) RETURNS void LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'asked'; END $$`,
  );
  try {
    a.push(createEdit(by(alice), edited.id, 'first, edited'), createDeletion(by(alice), deleted.id));
    await stored(a);
    await expect(server.pool.query(`UPDATE messages SET text = 'x' WHERE id = $1`, [edited.id])).rejects.toThrow(
      'asked',
    );
  } finally {
    await server.pool.query(rows[0]?.source ?? '');
  }
  const { rows: noted } = await server.pool.query('SELECT message_id FROM tablo_erasures WHERE tablo_id = $1', [tablo]);
  expect(noted).toEqual([{ message_id: deleted.id }]);
});

it('[R2] the server does so in a tablo that nobody has open, after a restart, and in one that is closed', async () => {
  const [quiet, closed] = [
    await server.addTablo({ [alice]: 'owner' }),
    await server.addTablo({ [alice]: 'owner' }),
  ] as const;
  for (const tablo of [quiet, closed]) {
    const a = await joined(alice, tablo);
    const message = createMessage(by(alice), 'swordfish');
    a.push(message);
    await stored(a);
    a.push(createDeletion(by(alice), message.id));
    await stored(a);
    a.close();
  }
  await server.pool.query('UPDATE tablos SET deleted_at = now() WHERE id = $1', [closed]);
  await server.restart();
  expect(await tablesWith('swordfish')).not.toEqual([]);
  startErasures();
  await until(async () => expect(await tablesWith('swordfish')).toEqual([]));
});

it('[R2] the server does so again when a client that was away sends a text of it after its deletion', async () => {
  const tablo = await server.addTablo({ [alice]: 'owner' });
  const message = createMessage(by(alice), 'correct horse');
  const a = await joined(alice, tablo);
  a.push(message);
  a.push(createDeletion(by(alice), message.id));
  await stored(a);
  startErasures();
  await until(async () => expect(await tablesWith('correct horse')).toEqual([]));
  const later = await joined(alice, tablo, 2);
  later.push(message, createEdit(by(alice), message.id, 'correct horse battery'));
  await stored(later);
  await until(async () => expect(await tablesWith('correct horse')).toEqual([]));
});

it('[R2] the server does so for all others while one tablo cannot be moved, and for that one as soon as it can', async () => {
  const [held, free] = [await server.addTablo({ [alice]: 'owner' }), await server.addTablo({ [alice]: 'owner' })];
  const message = {
    [held]: createMessage(by(alice), 'first deleted'),
    [free]: createMessage(by(alice), 'tell nobody'),
  };
  for (const tablo of [held, free]) {
    const a = await joined(alice, tablo);
    const one = message[tablo] as ReturnType<typeof createMessage>;
    a.push(one, createEdit(by(alice), one.id, `${one.text}, edited`), createDeletion(by(alice), one.id));
    await stored(a);
  }
  const holder = new pg.Client(server.pool.options.connectionString);
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('UPDATE tablos SET name = name WHERE id = $1', [held]);
  startErasures();
  try {
    await until(async () => expect(await tablesWith('tell nobody')).toEqual([]));
    expect(await tablesWith('first deleted')).not.toEqual([]);
  } finally {
    await holder.query('ROLLBACK');
    await holder.end();
  }
  await until(async () => expect(await tablesWith('first deleted')).toEqual([]));
});

it('[R9] the server moves a tablo once for many deletions, and not before they are so old', async () => {
  const tablo = await server.addTablo({ [alice]: 'owner' });
  const a = await joined(alice, tablo);
  const messages = Array.from({ length: 10 }, (_, nth) => createMessage(by(alice), `m${nth}`));
  a.push(...messages);
  const store = new PgErasureStore(server.pool);
  for (const { id } of messages) a.push(createDeletion(by(alice), id));
  await stored(a);
  expect((await store.findDocuments(60_000)).filter(({ tabloId }) => tabloId === tablo)).toEqual([]);
  expect((await store.findDocuments(0)).filter(({ tabloId }) => tabloId === tablo)).toEqual([
    { tabloId: tablo, epoch: 1 },
  ]);
  startErasures();
  await until(async () => expect((await server.pool.query('SELECT FROM tablo_erasures')).rowCount).toBe(0));
  const { rows } = await server.pool.query('SELECT epoch FROM tablos WHERE id = $1', [tablo]);
  expect(rows).toEqual([{ epoch: 2 }]);
});

it('[R2] a tablo that is deleted and inserted again under its id in one transaction gets no text back, from no device and no memory', async () => {
  const tablo = await server.addTablo({ [alice]: 'owner', [bob]: 'member' });
  const [a, b] = [await joined(alice, tablo), await joined(bob, tablo)];
  a.push(createMessage(by(alice), 'from a former life'));
  await stored(a);
  const client = await server.pool.connect();
  await client.query('BEGIN');
  await client.query('DELETE FROM tablos WHERE id = $1', [tablo]);
  await client.query(`INSERT INTO tablos (id, name) VALUES ($1, 'Again')`, [tablo]);
  await client.query(
    `INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, 'owner'), ($1, $3, 'member')`,
    [tablo, alice, bob],
  );
  await client.query('COMMIT');
  client.release();
  for (const one of [a, b]) await until(() => expect(one.closed).toContain('epoch-moved'));
  const next = await joined(bob, tablo, 2);
  expect(next.texts).toEqual([]);
  next.push(createMessage(by(bob), 'a new life'));
  await stored(next);
  await server.restart();
  expect(await tablesWith('from a former life')).toEqual([]);
  expect((await joined(alice, tablo, 2)).texts).toEqual(['a new life']);
});

it('[R9] the server ends memberships a month after their tablo was deleted, in portions, which is no decision; opened again before, it has its members', async () => {
  const [old, reopened, recent] = [await server.addTablo({}), await server.addTablo({}), await server.addTablo({})];
  await server.pool.query(
    `INSERT INTO tablo_access (tablo_id, user_id) SELECT t, gen_random_uuid() FROM unnest($1::uuid[]) AS t, generate_series(1, 2500)`,
    [[old, reopened, recent]],
  );
  await server.pool.query('UPDATE tablos SET deleted_at = now() WHERE id = ANY($1)', [[old, reopened, recent]]);
  await server.pool.query('UPDATE tablos SET deleted_at = NULL WHERE id = $1', [reopened]);
  await server.pool.query(
    `UPDATE tablo_private.closed_tablos SET closed_at = closed_at - interval '31 days' WHERE tablo_id = $1`,
    [old],
  );
  const active = async () => {
    const { rows } = await server.pool.query<{ count: number }>(
      `SELECT (SELECT count(*)::int FROM tablo_access a WHERE a.tablo_id = t AND a.is_active) AS count FROM unnest($1::uuid[]) AS t`,
      [[old, reopened, recent]],
    );
    return rows.map(({ count }) => count);
  };
  const store = new PgErasureStore(server.pool);
  expect(await store.endMemberships()).toBe(true);
  expect(await active()).toEqual([1_500, 2_500, 2_500]);
  startErasures();
  await until(async () => expect(await active()).toEqual([0, 2_500, 2_500]));
  const { rows } = await server.pool.query(
    'SELECT tablo_id FROM tablo_private.closed_tablos WHERE tablo_id = ANY($1)',
    [[old, reopened, recent]],
  );
  expect(rows).toEqual([{ tablo_id: recent }]);
  expect((await server.pool.query('SELECT FROM tablo_private.decisions WHERE tablo_id = $1', [old])).rowCount).toBe(0);
});

it('[R9] the server empties any number of edits and reactions in portions', async () => {
  const tablo = await server.addTablo({ [alice]: 'owner' });
  const id = createEntryId();
  await server.pool.query(
    `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, deleted_at) VALUES ($1, $2, $3, '', now(), now(), now(), 1, now())`,
    [id, tablo, alice],
  );
  await server.pool.query(
    `INSERT INTO message_edits SELECT gen_random_uuid(), $1, $2, 'text', now() FROM generate_series(1, 2500)`,
    [id, alice],
  );
  await server.pool.query(
    `INSERT INTO message_reactions SELECT $1, gen_random_uuid(), '👍', now(), gen_random_uuid() FROM generate_series(1, 2500)`,
    [id],
  );
  await server.pool.query('INSERT INTO tablo_erasures (message_id, tablo_id, epoch) VALUES ($1, $2, 1)', [id, tablo]);
  const store = new PgErasureStore(server.pool);
  const left = async () => {
    const { rows } = await server.pool.query(
      `SELECT (SELECT count(*)::int FROM message_edits WHERE message_id = $1 AND text <> '') AS edits,
        (SELECT count(*)::int FROM message_reactions WHERE message_id = $1) AS reactions`,
      [id],
    );
    return rows[0];
  };
  expect(await store.removeRows()).toBe(true);
  expect(await left()).toEqual({ edits: 1_500, reactions: 1_500 });
  while (await store.removeRows());
  expect(await left()).toEqual({ edits: 0, reactions: 0 });
});

/** On the server as it is started, with nothing of this file's: writes, edits and deletes over `/sync`, and leaves. */
async function deleteOn(whole: WholeServer, token: string, text: string): Promise<void> {
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: UserId };
  const created = await whole.call('/chat/channels', { token, body: { name: 'Quiet' } });
  const { channel } = JSON.parse(created.text) as { channel: { id: TabloId } };
  const client = new TestClient(whole.url.replace('http', 'ws'), `${channel.id}/1`, token);
  open.push(client);
  await until(() => expect(client.provider.isSynced).toBe(true));
  const message = createMessage(by(sub), text);
  client.push(message, createEdit(by(sub), message.id, `${text}, edited`));
  client.push(createDeletion(by(sub), message.id));
  await stored(client);
  client.close();
}

it.each([
  ['removes it from every table of a quiet tablo', { gatherMs: 0, lookMs: 10 }, true],
  ['keeps it where deletions are gathered longer, so that the search of this test is known to find it', {}, false],
] as const)('[R2] the server as it is started %s', async (_, erasureTiming, isGone) => {
  const whole = await openWholeServer({}, { erasureTiming });
  const database = new pg.Client(whole.databaseUrl);
  await database.connect();
  try {
    const { token } = await whole.signUp();
    await deleteOn(whole, token, 'open sesame');
    if (isGone) await until(async () => expect(await tablesWith('open sesame', database)).toEqual([]));
    else expect(await tablesWith('open sesame', database)).not.toEqual([]);
  } finally {
    await database.end();
    await whole.close();
  }
});
