import { readFile } from 'node:fs/promises';
import { channelsAnswer } from '@tablo/schema/rest/channel';
import { messagesPage } from '@tablo/schema/rest/message';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit } from './audit/pg-audit.ts';
import { createLog, silentLog } from './base/log.ts';
import { parseConfig } from './config/config.ts';
import { migrate } from './db/migrate.ts';
import { createPool, type Pool } from './db/pool.ts';
import { makeRole } from './db/testing/make-role.ts';
import { ada, asUser, ben, boat, cleo, nameless, openHost } from './db/testing/open-host.ts';
import { fillTakenOver } from './ledger/store/pg-taken-over.ts';
import { openServer, type Server } from './server.ts';
import { TestClient } from './testing/test-client.ts';
import { TEST_SECRET, tokenOf } from './testing/tokens.ts';
import { untilWithin } from './testing/wait.ts';

const until = untilWithin(15_000);
const ISSUER = 'https://host.example/auth/v1';
const stranger = 'a0000000-0000-4000-8000-0000000000ff';

const tokenFrom = (user: string, iss = ISSUER): string =>
  tokenOf(user, { iss, email: `${user}@example.org`, name: `User ${user.slice(-1)}` });

/** The server as `main.ts` starts it, on a host's database. */
async function startOn(databaseUrl: string) {
  await migrate(databaseUrl, silentLog, { fillDocuments: fillTakenOver });
  const config = parseConfig({ DATABASE_URL: databaseUrl, JWT_SECRET: TEST_SECRET, JWT_ISSUER: ISSUER, PORT: '0' });
  if (!config.ok) throw new Error(config.error);
  const lines: string[] = [];
  const log = createLog({ level: 'info', format: 'json', write: (line) => void lines.push(line) });
  const server = await openServer({ config: config.value, log, openDatabase: async () => ({ url: databaseUrl }) });
  const call = async (user: string | null, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        ...(user === null ? {} : { authorization: `Bearer ${tokenFrom(user)}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a body.
    return { status: response.status, body: (await response.json()) as any };
  };
  return { server, call, lines };
}

describe('on a host’s database, where a server before ours has left messages', () => {
  let host: Awaited<ReturnType<typeof openHost>>;
  let pool: Pool;
  let server: Server;
  let call: Awaited<ReturnType<typeof startOn>>['call'];
  beforeAll(async () => {
    host = await openHost({ hasEarlierServer: true });
    pool = createPool(host.superuserUrl);
    ({ server, call } = await startOn(host.url));
  });
  afterAll(async () => {
    await server.close();
    await pool.end();
    await host.close();
  });
  const join = async (user: string, name: string) =>
    new TestClient(server.url.replace('http', 'ws'), name, tokenFrom(user));

  it('[R10] the server on a host’s database lists tablos with roles, unread counts and last messages, also one without a name', async () => {
    const list = async (user: string) =>
      channelsAnswer.parse((await call(user, 'GET', '/chat/channels')).body).channels;
    expect(await list(ada)).toMatchObject([
      {
        id: boat,
        name: 'Boat',
        role: 'owner',
        epoch: 2,
        last_seq: 123,
        unread_count: 120,
        last_message: { text: 'more 120' },
      },
    ]);
    expect(await list(ben)).toMatchObject([
      { id: boat, role: 'member', unread_count: 0 },
      { id: nameless, name: '', role: 'owner', last_message: { text: 'to myself' } },
    ]);
    expect(await list(cleo)).toEqual([]);
  });

  it('[R2] [R9] the server on a host’s database gives back what was taken over: in the document the newest 100, by REST all of it', async () => {
    const client = await join(ada, `${boat}/2`);
    await until(() => expect(client.texts).toHaveLength(100));
    const { rows } = await pool.query<{ text: string }>(
      'SELECT text FROM messages WHERE channel_id = $1 AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 100',
      [boat],
    );
    expect(client.texts).toEqual(rows.map(({ text }) => text).reverse());
    client.socket.destroy();
    const texts: string[] = [];
    for (let before = ''; ; ) {
      const page = messagesPage.parse(
        (await call(ada, 'GET', `/chat/channels/${boat}/messages?limit=50${before}`)).body,
      );
      texts.unshift(...page.messages.map(({ text }) => text));
      if (!page.hasMore) break;
      before = `&before=${page.messages[0]?.id}`;
    }
    expect(texts.sort()).toEqual(
      [
        'first\n\tof \\ all 🙂',
        'second, "edited"',
        ...Array.from({ length: 120 }, (_, nth) => `more ${nth + 1}`),
      ].sort(),
    );
  });

  it('[R1] [R5] the server on a host’s database goes on from there: new messages, an edit of an old one, a deletion; the audit finds nothing', async () => {
    const posted = await call(ben, 'POST', `/chat/channels/${boat}/messages`, { text: 'new here' });
    // The table says now() where nobody else does.
    expect(posted.body.message).toMatchObject({ seq: 124, updated_at: null });
    const client = await join(ben, `${boat}/2`);
    await until(() => expect(client.texts).toContain('new here'));
    const old = client.entries.find(({ text }) => text === 'more 100');
    const by = { author: ben, sentAt: Date.now() };
    client.push({ kind: 'edit', id: crypto.randomUUID(), ...by, target: old?.id, text: 'mended' });
    client.push({
      kind: 'edit',
      id: crypto.randomUUID(),
      ...by,
      target: 'c0000000-0000-4000-8000-000000000002',
      text: 'edited again',
    });
    client.push({
      kind: 'delete',
      id: crypto.randomUUID(),
      ...by,
      target: client.entries.find(({ text }) => text === 'more 99')?.id,
    });
    await until(() => expect([client.refusals(), client.provider.unsyncedChanges]).toEqual([[], 0]));
    client.socket.destroy();
    expect(
      (
        await pool.query(
          `SELECT text FROM messages WHERE text IN ('mended', 'edited again', 'more 99', 'more 100') ORDER BY text`,
        )
      ).rows,
    ).toEqual([{ text: 'edited again' }, { text: 'mended' }]);
    const drifts: unknown[] = [];
    const { tablos, messages } = await audit(pool, { onDrift: (drift) => drifts.push(drift) });
    expect({ tablos, messages, drifts }).toEqual({ tablos: 3, messages: 125, drifts: [] });
  });

  it('[R6] the server on a host’s database cuts who is removed by SQL, within 5 seconds', async () => {
    await pool.query('UPDATE tablo_access SET is_active = true WHERE tablo_id = $1 AND user_id = $2', [boat, cleo]);
    const client = await join(cleo, `${boat}/2`);
    await until(() => expect(client.texts.length).toBeGreaterThan(0));
    await pool.query('DELETE FROM tablo_access WHERE tablo_id = $1 AND user_id = $2', [boat, cleo]);
    const since = performance.now();
    await until(() => expect(client.closed.length + client.denied.length).toBeGreaterThan(0));
    expect(performance.now() - since).toBeLessThan(5_000);
    client.socket.destroy();
  });

  it('the server on a host’s database lets owners rename, invite and add; makes tablos that are theirs in the host too', async () => {
    expect((await call(ben, 'PATCH', `/chat/channels/${boat}`, { name: 'Ship' })).status).toBe(403);
    expect((await call(ada, 'PATCH', `/chat/channels/${boat}`, { name: 'Ship' })).status).toBe(200);
    expect((await call(ada, 'POST', `/chat/channels/${boat}/invites`, {})).status).toBe(201);
    expect((await call(ada, 'POST', `/chat/channels/${boat}/members`, { user_id: cleo })).status).toBe(201);
    const { body } = await call(cleo, 'POST', '/chat/channels', { name: 'Dinghy' });
    expect(body.channel).toMatchObject({ name: 'Dinghy', role: 'owner' });
    expect(
      (
        await pool.query(
          'SELECT owner_id, created_by, is_admin FROM tablos JOIN tablo_access ON tablo_id = tablos.id WHERE name = $1',
          ['Dinghy'],
        )
      ).rows,
    ).toEqual([{ owner_id: cleo, created_by: cleo, is_admin: true }]);
  });

  it('[R6] a guest who is added or invited there is one: they read, and do not write', async () => {
    await pool.query('DELETE FROM tablo_access WHERE tablo_id = $1 AND user_id = $2', [boat, cleo]);
    const guest = { user_id: cleo, role: 'guest' };
    expect((await call(ada, 'POST', `/chat/channels/${boat}/members`, guest)).status).toBe(201);
    const write = () => call(cleo, 'POST', `/chat/channels/${boat}/messages`, { text: 'from a guest' });
    expect(await write()).toMatchObject({ status: 403, body: { code: 'read-only' } });
    await pool.query('DELETE FROM tablo_access WHERE tablo_id = $1 AND user_id = $2', [boat, cleo]);
    const link = await call(ada, 'POST', `/chat/channels/${boat}/invites`, { role: 'guest' });
    expect((await call(cleo, 'POST', `/chat/invites/${link.body.invite.code}/accept`)).status).toBe(200);
    expect(await write()).toMatchObject({ status: 403, body: { code: 'read-only' } });
  });

  it('the server on a host’s database moves the host’s time of change with every message, and with the trigger that OPERATIONS names it does not', async () => {
    const movesBy = async (act: () => Promise<unknown>): Promise<boolean> => {
      const read = async () =>
        (await pool.query('SELECT updated_at::text AS at FROM tablos WHERE id = $1', [boat])).rows[0].at;
      const before = await read();
      await act();
      return (await read()) !== before;
    };
    const write = async (text: string) =>
      expect((await call(ada, 'POST', `/chat/channels/${boat}/messages`, { text })).status).toBe(201);
    const rename = () => pool.query(`UPDATE tablos SET color = 'red' WHERE id = $1`, [boat]);
    expect(await movesBy(() => write('one'))).toBe(true);
    const page = await readFile(new URL('../../docs/OPERATIONS.md', import.meta.url), 'utf8');
    await pool.query(/```sql\n(CREATE OR REPLACE TRIGGER touch [^`]+)```/.exec(page)?.[1] ?? '');
    expect(await movesBy(() => write('two'))).toBe(false);
    expect(await movesBy(rename)).toBe(true);
  });

  it('the server on a host’s database answers with a sentence where the host’s own rules refuse', async () => {
    const added = await call(ada, 'POST', `/chat/channels/${boat}/members`, { user_id: stranger });
    expect(added).toMatchObject({
      status: 404,
      body: { code: 'not-found', error: expect.stringContaining('does not know this user') },
    });
    expect((await call(stranger, 'POST', '/chat/channels', { name: 'Raft' })).status).toBe(404);
    await pool.query(`ALTER TABLE tablos ADD CONSTRAINT no_rafts CHECK (name <> 'Raft'), ALTER name TYPE varchar(20)`);
    const renamed = await call(ada, 'PATCH', `/chat/channels/${boat}`, { name: 'Raft' });
    expect(renamed).toMatchObject({
      status: 403,
      body: { error: expect.stringContaining('does not allow this change') },
    });
    expect((await call(ada, 'PATCH', `/chat/channels/${boat}`, { name: 'x'.repeat(50) })).status).toBe(403);
  });

  it.each(['P0001', 'PT403', 'PT429', '42501', '23514', '44000', 'HX001'])(
    'and with the host’s own words where a trigger of theirs raises %s',
    async (code) => {
      await pool.query(`CREATE FUNCTION no_boats() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION E'Boats have\\nleft: %', repeat('x', 500) USING ERRCODE = '${code}'; END $$;
        CREATE TRIGGER no_boats BEFORE UPDATE OF name ON tablos FOR EACH ROW EXECUTE FUNCTION no_boats()`);
      const { status, body } = await call(ada, 'PATCH', `/chat/channels/${boat}`, { name: 'Other' });
      await pool.query('DROP FUNCTION no_boats() CASCADE');
      expect([status, body.code]).toEqual([403, 'forbidden']);
      expect(body.error).toMatch(/does not allow this change: Boats have left: x+$/);
      expect(body.error.length).toBeLessThan(300);
    },
  );

  it('the server also answers with a sentence where a column has become one that the host’s database makes', async () => {
    await pool.query(`ALTER TABLE tablos DROP created_by, ADD created_by uuid GENERATED ALWAYS AS (owner_id) STORED`);
    const created = await call(cleo, 'POST', '/chat/channels', { name: 'Raft' });
    expect(created).toMatchObject({ status: 403, body: { error: expect.stringContaining('does not allow') } });
    await pool.query('ALTER TABLE tablos ALTER created_by DROP EXPRESSION');
    // Those that only some hosts have are then not written.
    await pool.query(
      `ALTER TABLE tablo_access DROP is_admin, ADD is_admin boolean GENERATED ALWAYS AS (role = 'owner') STORED`,
    );
    expect((await call(cleo, 'POST', '/chat/channels', { name: 'Gig' })).status).toBe(201);
    await pool.query('ALTER TABLE tablo_access ALTER is_admin DROP EXPRESSION');
  });

  it('the server on a host’s database starts a second time, and has everything', async () => {
    await server.close();
    ({ server, call } = await startOn(host.url));
    expect((await call(ada, 'GET', '/readyz')).body).toEqual({ status: 'ready' });
    expect((await call(ada, 'GET', '/chat/channels')).body.channels).toMatchObject([{ id: boat, last_seq: 126 }]);
  });
});

it('the server names in the log the setting that refuses the tokens of the host’s issuer', async () => {
  const host = await openHost();
  const { server, lines } = await startOn(host.url);
  const authorization = `Bearer ${tokenFrom(ada, 'https://host.example')}`;
  expect((await fetch(`${server.url}/chat/channels`, { headers: { authorization } })).status).toBe(401);
  await until(() =>
    expect(lines.join('')).toMatch(/JWT_ISSUER.*https:\/\/host\.example|https:\/\/host\.example.*JWT_ISSUER/),
  );
  expect(lines.join('')).not.toContain(authorization.slice('Bearer '.length));
  await server.close();
  await host.close();
});

describe('[R6] row level security that is forced upon the owner', () => {
  it('row level security that is forced upon the owner is said by /readyz and in the log, with what to do, and over when it is mended', async () => {
    const host = await openHost({
      more: `${makeRole('tablo_test_plain')}
        GRANT tablo_test_host TO tablo_test_plain`,
    });
    await migrate(host.url, silentLog, { fillDocuments: fillTakenOver });
    await host.run('ALTER TABLE tablo_access FORCE ROW LEVEL SECURITY');
    const { server, call, lines } = await startOn(asUser(host.url, 'tablo_test_plain'));
    const ready = await call(null, 'GET', '/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body.reason).toMatch(/hides the rows of public\.tablo_access .*NO FORCE ROW LEVEL SECURITY/);
    await until(() => expect(lines.join('')).toContain('people see empty lists'));
    await host.run('ALTER TABLE tablo_access NO FORCE ROW LEVEL SECURITY');
    await until(async () => expect((await call(null, 'GET', '/readyz')).status).toBe(200));
    await server.close();
    await host.close();
  });
});
