/**
 * [R9] What lists and pages read is what they show: every statement of a request is explained with ANALYZE and BUFFERS, once with a thousand rows of what
 * nobody sees any more, once with a hundred thousand. Counted are rows that plans touch and pages of tables and indexes; never a time.
 */
import type { TabloId } from '@tablo/schema/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../db/pool.ts';
import { watchPool } from './stores/pg-watched-pool.ts';
import { insertMessage, newUser, openTestRest, type TestRest } from './testing/test-rest.ts';

const FEW = 1_000;
const MANY = 100_000;
/**
 * What does not grow: blocks of 256 deleted numbers and up to a thousand own messages between two marks are counted one by one, each seen by several steps of a
 * plan; and the trees of indexes have a level more, for each row that is shown.
 */
const SLACK = { rows: 4_000, blocks: 250 };

interface Cost {
  rows: number;
  blocks: number;
}
const cost: Cost = { rows: 0, blocks: 0 };
/** Statements, as they were asked. */
let asked: string[] = [];

interface Plan {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Plan[];
}

function rowsOf(plan: Plan): number {
  const removed =
    (plan['Rows Removed by Filter'] ?? 0) +
    (plan['Rows Removed by Join Filter'] ?? 0) +
    (plan['Rows Removed by Index Recheck'] ?? 0);
  const below = (plan.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), 0);
  return (plan['Actual Rows'] + removed) * plan['Actual Loops'] + below;
}

let rest: TestRest;
/** Fills for minutes if it must. */
let patient: ReturnType<typeof createPool>;
beforeAll(async () => {
  rest = await openTestRest({
    wrap: (pool) =>
      watchPool(pool, async (text, values, run) => {
        asked.push(text);
        if (!/^\s*(SELECT|WITH)\b/.test(text) || /FOR NO KEY UPDATE|set_config/.test(text)) return;
        const { rows } = (await run(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, [...values])) as {
          rows: { 'QUERY PLAN': { Plan: Plan }[] }[];
        };
        const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
        if (plan === undefined) throw new Error('no plan');
        cost.rows += rowsOf(plan);
        cost.blocks += (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
      }),
  });
  patient = createPool(rest.url, { statementTimeoutMs: 120_000 });
});
afterAll(async () => {
  await patient.end();
  await rest.close();
});

type User = ReturnType<typeof newUser>;

async function costOf(user: User, path: string): Promise<Cost> {
  // The first time a backend looks at a table it reads the catalogue as well.
  await rest.call(user, 'GET', path);
  Object.assign(cost, { rows: 0, blocks: 0 });
  expect((await rest.call(user, 'GET', path)).status).toBe(200);
  return { ...cost };
}

type Path = (tablo: TabloId) => string;

/** `fill` makes a tablo with so much of what is over; the same question must cost the same in both. */
async function compare(
  fill: (tablo: TabloId, users: { alice: User; bob: User }, count: number) => Promise<unknown>,
  paths: Readonly<Record<string, Path>>,
): Promise<void> {
  const costs = new Map<string, Cost[]>(Object.keys(paths).map((name) => [name, []]));
  for (const count of [FEW, MANY]) {
    const users = { alice: newUser(), bob: newUser() };
    const tablo = await rest.createTablo({ [users.alice]: 'owner', [users.bob]: 'member' });
    await fill(tablo, users, count);
    await patient.query('VACUUM (ANALYZE)');
    for (const [name, path] of Object.entries(paths)) costs.get(name)?.push(await costOf(users.alice, path(tablo)));
  }
  for (const [name, [few, many]] of costs) {
    if (few === undefined || many === undefined) throw new Error('not asked');
    const told = `${name}: ${JSON.stringify({ few, many })}`;
    expect(many.rows, told).toBeLessThanOrEqual(1.2 * few.rows + SLACK.rows);
    expect(many.blocks, told).toBeLessThanOrEqual(1.2 * few.blocks + SLACK.blocks);
  }
}

async function messages(tablo: TabloId, author: User, count: number): Promise<void> {
  await patient.query(
    `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
     SELECT gen_random_uuid(), $1, $2, 'x', now() + n * interval '1 ms', now(), now(), n FROM generate_series(1, $3::integer) n`,
    [tablo, author, count],
  );
  await rest.pool.query('UPDATE tablos SET last_seq = $2 WHERE id = $1', [tablo, count]);
}

describe('what was deleted', () => {
  /** The message that is left. */
  const lastOf = new Map<TabloId, string>();
  const deleted = async (tablo: TabloId, { bob }: { bob: User }, count: number) => {
    lastOf.set(tablo, await insertMessage(rest.pool, { tablo, user: bob, at: Date.now() - 60_000 }));
    await rest.pool.query('UPDATE messages SET seq = $2 WHERE channel_id = $1', [tablo, count + 1]);
    await messages(tablo, bob, count);
    await patient.query(`UPDATE messages SET text = '', deleted_at = now() WHERE channel_id = $1 AND seq <= $2`, [
      tablo,
      count,
    ]);
    await rest.pool.query('UPDATE tablos SET last_seq = $2 WHERE id = $1', [tablo, count + 1]);
  };

  const paths = {
    list: () => '/chat/channels',
    history: (tablo) => `/chat/channels/${tablo}/messages`,
    'history before a time': (tablo) => `/chat/channels/${tablo}/messages?before=2100-01-01`,
    'history after a seq': (tablo) => `/chat/channels/${tablo}/messages?after=500`,
    'history around a message': (tablo) => `/chat/channels/${tablo}/messages?around=${lastOf.get(tablo)}`,
    'unread counts': () => '/chat/unread',
    'unread ids': () => '/chat/unread?ids=true',
  } satisfies Record<string, Path>;

  it('[R9] what was deleted costs lists, pages of the history and unread counts nothing', {
    timeout: 300_000,
  }, async () => {
    await compare(deleted, paths);
  });

  it('[R9] what the reader wrote and deleted costs them nothing either', { timeout: 300_000 }, async () => {
    await compare((tablo, { alice }, count) => deleted(tablo, { bob: alice }, count), paths);
  });
});

describe('own messages that were never marked read', () => {
  type Question = readonly [method: string, path: Path, body?: unknown];
  it.each<[string, Question]>([
    ['a list', ['GET', () => '/chat/channels']],
    ['unread counts', ['GET', () => '/chat/unread']],
    ['unread ids', ['GET', () => '/chat/unread?ids=true']],
    ['a read position', ['POST', (tablo) => `/chat/channels/${tablo}/read`, { seq: 0 }]],
    ['a new name', ['PATCH', (tablo) => `/chat/channels/${tablo}`, { name: 'Plans' }]],
  ])(
    '[R9] cost %s nothing, also of who never asks for anything else',
    { timeout: 300_000 },
    async (_, [method, path, body]) => {
      const costs: Cost[] = [];
      for (const count of [FEW, MANY]) {
        const alice = newUser();
        const tablo = await rest.createTablo({ [alice]: 'owner' });
        await messages(tablo, alice, count);
        await patient.query('VACUUM (ANALYZE) messages');
        const ask = async () => expect((await rest.call(alice, method, path(tablo), body)).status).toBe(200);
        // The first one makes the marks.
        await ask();
        Object.assign(cost, { rows: 0, blocks: 0 });
        await ask();
        costs.push({ ...cost });
      }
      const [few, many] = costs as [Cost, Cost];
      expect(many.rows, JSON.stringify(costs)).toBeLessThanOrEqual(1.2 * few.rows + SLACK.rows);
      expect(many.blocks, JSON.stringify(costs)).toBeLessThanOrEqual(1.2 * few.blocks + SLACK.blocks);
    },
  );

  it('[R9] own messages that were never marked read are counted once, in portions, and not looked at again by the lists that follow', async () => {
    const alice = newUser();
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    await messages(tablo, alice, 6_000);
    const asksForMarks = async (): Promise<boolean> => {
      asked = [];
      await rest.call(alice, 'GET', '/chat/channels');
      return asked.some((text) => text.includes('mark_own'));
    };
    // The first list makes the marks, the second one hears that there is none left to make; explained, the first one hears it already.
    const threeLists = async () => [await asksForMarks(), await asksForMarks(), await asksForMarks()];
    expect(await threeLists()).toEqual([true, expect.anything(), false]);
    await patient.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
       SELECT gen_random_uuid(), $1, $2, 'x', now(), now(), now(), n FROM generate_series(6001, 7000) n`,
      [tablo, alice],
    );
    await rest.pool.query('UPDATE tablos SET last_seq = 7000 WHERE id = $1', [tablo]);
    expect(await threeLists()).toEqual([true, expect.anything(), false]);
    const { rows } = await rest.pool.query<{ marks: string }>(
      'SELECT count(*) AS marks FROM tablo_private.own_marks WHERE channel_id = $1',
      [tablo],
    );
    expect(rows[0]?.marks).toBe('7');
  });

  it('[R9] own messages that were never marked read finds the last mark without reading those before it', async () => {
    const alice = newUser();
    const tablo = await rest.createTablo({ [alice]: 'owner' });
    await messages(tablo, alice, 1_000);
    const pagesOf = async (marks: number): Promise<number> => {
      await patient.query(
        `INSERT INTO tablo_private.own_marks (channel_id, user_id, seq, messages)
         SELECT $1, $2, n, 1000 * n FROM generate_series(1, $3::integer) n ON CONFLICT DO NOTHING`,
        [tablo, alice, marks],
      );
      await patient.query('VACUUM (ANALYZE) tablo_private.own_marks');
      const make = 'SELECT tablo_private.mark_own($1, $2)';
      await rest.pool.query(make, [tablo, alice]);
      const { rows } = await rest.pool.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${make}`, [tablo, alice]);
      const plan = (rows[0] as { 'QUERY PLAN': { Plan: Plan }[] })['QUERY PLAN'][0]?.Plan;
      return (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
    };
    const few = await pagesOf(10);
    expect(await pagesOf(100_000)).toBeLessThanOrEqual(few + 100);
  });
});

describe('what was toggled, left and ended', () => {
  it('[R9] a page costs the same whoever took reactions back, and however often', { timeout: 300_000 }, async () => {
    await compare(
      async (tablo, { bob }, count) => {
        const target = await insertMessage(rest.pool, { tablo, user: bob });
        await patient.query(
          `INSERT INTO tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id)
           SELECT $1, gen_random_uuid(), '👍', n % 2 = 0, now() + n * interval '1 ms', gen_random_uuid() FROM generate_series(1, $2::integer) n`,
          [target, 10 * count > MANY ? count : 4 * count],
        );
      },
      { asked: (tablo) => `/chat/channels/${tablo}/messages` },
    );
  });

  it('[R9] members who left cost the list of members nothing', { timeout: 300_000 }, async () => {
    await compare(
      (tablo, _, count) =>
        patient.query(
          `INSERT INTO tablo_access (tablo_id, user_id, is_active, created_at)
           SELECT $1, gen_random_uuid(), n <= 100, now() - n * interval '1 s' FROM generate_series(1, $2::integer) n`,
          [tablo, count],
        ),
      { asked: (tablo) => `/chat/channels/${tablo}/members` },
    );
  });

  it('[R9] messages of others cost nothing either, where a newcomer has written none', {
    timeout: 300_000,
  }, async () => {
    await compare(
      async (tablo, { alice, bob }, count) => {
        await messages(tablo, alice, count);
        await patient.query('INSERT INTO tablo_private.newcomers (tablo_id, user_id, added_by) VALUES ($1, $2, $3)', [
          tablo,
          bob,
          alice,
        ]);
        await patient.query(`INSERT INTO chat_profiles (user_id, name) VALUES ($1, 'Bob')`, [bob]);
      },
      { asked: (tablo) => `/chat/channels/${tablo}/members` },
    );
  });

  it('[R9] tablos that one left cost the own list nothing', { timeout: 300_000 }, async () => {
    await compare(
      (_, { alice }, count) =>
        patient.query(
          `WITH made AS (INSERT INTO tablos (name) SELECT 'x' FROM generate_series(1, $2::integer / 10) RETURNING id)
           INSERT INTO tablo_access (tablo_id, user_id, is_active) SELECT id, $1, false FROM made`,
          [alice, count],
        ),
      { asked: () => '/chat/channels' },
    );
  });

  it('[R9] links that ended cost the list of links nothing but their tablo’s last ones', {
    timeout: 300_000,
  }, async () => {
    await compare(
      (tablo, { alice }, count) =>
        patient.query(
          `INSERT INTO tablo_invites (code_hash, tablo_id, role, created_by, expires_at)
           SELECT sha256(gen_random_uuid()::text::bytea), $1, 'member', $2, now() + CASE WHEN n <= 10 THEN 1 ELSE -n END * interval '1 hour'
           FROM generate_series(1, $3::integer) n`,
          [tablo, alice, count],
        ),
      { asked: (tablo) => `/chat/channels/${tablo}/invites` },
    );
  });

  it('[R9] invitations of others, or over, cost one’s own list nothing', { timeout: 300_000 }, async () => {
    await compare(
      async (_, { alice, bob }, count) => {
        await patient.query(
          `WITH made AS (INSERT INTO tablos (name) SELECT 'x' FROM generate_series(1, $1::integer / 10) RETURNING id)
           INSERT INTO tablo_private.invitations (tablo_id, user_id, role, invited_by, created_at)
           SELECT id, $2, 'member', $3, now() - interval '40 days' FROM made`,
          [count, alice, bob],
        );
      },
      { asked: () => '/chat/invitations' },
    );
  });
});
