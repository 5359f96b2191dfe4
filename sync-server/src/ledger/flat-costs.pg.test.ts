/** [R9] What a commit reads and writes, counted by PostgreSQL itself, on a message with little history and on one with a million rows of each kind. */
import { createDeletion, createEdit, createMessage, createReaction, type MemberEntry } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../db/testing/test-database.ts';
import { Ledger } from './ledger.ts';
import { PgLedgerStore } from './store/pg-ledger.ts';
import { alice, bob, load, Replica, submissionOf } from './testing/ledger-fixture.ts';

const LITTLE = 10_000;
const MUCH = Number(process.env['HISTORY_ROWS'] ?? 1_000_000);
/** A tree's depth may grow by a block or two; nothing may grow with the rows. */
const SLACK = 1.2;
const SLACK_ROWS = 2;
const SLACK_BLOCKS = 30;

let database: TestDatabase;
/** One connection: its counters are complete when it says so. */
let pool: Pool;
beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url, { max: 1, statementTimeoutMs: 600_000 });
  // With webhooks, of which a commit notes more; without them it asks an empty table.
  await pool.query(
    `INSERT INTO tablo_private.webhook_endpoints (url, events)
     VALUES ('https://host.example/', '{message.created,message.updated,message.deleted}')`,
  );
}, 60_000);
afterAll(async () => {
  await pool.end();
  await database.close();
});

interface Cost {
  readonly read: number;
  readonly written: number;
  readonly blocks: number;
}

async function count(): Promise<Cost> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query(
    `SELECT sum(coalesce(t.seq_tup_read, 0) + coalesce(t.idx_tup_fetch, 0))::int8 AS read, sum(t.n_tup_ins + t.n_tup_upd + t.n_tup_del)::int8 AS written,
       sum(io.heap_blks_hit + io.heap_blks_read + coalesce(io.idx_blks_hit, 0) + coalesce(io.idx_blks_read, 0))::int8 AS blocks
     FROM pg_stat_user_tables t JOIN pg_statio_user_tables io USING (relid)`,
  );
  const { read, written, blocks } = rows[0];
  return { read: Number(read), written: Number(written), blocks: Number(blocks) };
}

async function costOf(act: () => Promise<unknown>): Promise<Cost> {
  const before = await count();
  await act();
  const after = await count();
  return {
    read: after.read - before.read,
    written: after.written - before.written,
    blocks: after.blocks - before.blocks,
  };
}

let filled = 0;

/** As of our clients, in the order of time: an index is appended to, as in years of traffic. */
const nextId = (prefix: string): string =>
  `('${prefix}-${filled.toString(16).padStart(4, '0')}-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;

/** A tablo in which `rows` messages were written and deleted, and one message that was edited, reacted to and withdrawn from `rows` times. */
async function fill(rows: number): Promise<{ tablo: TabloId; old: EntryId }> {
  const [tablo, old] = [createEntryId() as string as TabloId, createEntryId()];
  filled += 1;
  const client = await pool.connect();
  try {
    // As years of traffic would have left it, without the triggers and checks of a million commits.
    await client.query("SET session_replication_role = 'replica'");
    await client.query(`INSERT INTO tablos (id, name, last_seq) VALUES ($1, 'Test', $2)`, [tablo, rows + 1]);
    await client.query(
      `INSERT INTO tablo_access (tablo_id, user_id, role) SELECT $1, u, 'admin' FROM unnest($2::uuid[]) u`,
      [tablo, [alice, bob]],
    );
    await client.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, deleted_at)
       SELECT ${nextId('01900000')}, $1, $2, '', t, t, t, n, t FROM (SELECT n, now() - (n + 10) * interval '1 s' AS t FROM generate_series(1, $3::int) n) s`,
      [tablo, alice, rows],
    );
    await client.query(
      `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
       VALUES ($2, $1, $3, 'old', now() - interval '1 h', now() - interval '1 h', now() - interval '1 h', $4::bigint + 1)`,
      [tablo, old, alice, rows],
    );
    await client.query(
      `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest)
       VALUES ($2, $1, 1, 'message', $3, now(), now(), now(), '')`,
      [tablo, old, alice],
    );
    await client.query(
      `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, target, emoji, is_on, sent_at, received_at, shown_at, digest)
       SELECT ${nextId('01910000')}, $1, 1, 'reaction', $3, $2, '👍', n % 2 = 0, t, t, t, '' FROM (SELECT n, now() - n * interval '1 s' AS t FROM generate_series(1, $4::int) n) s`,
      [tablo, old, alice, rows],
    );
    await client.query(
      `INSERT INTO message_edits (id, channel_id, message_id, user_id, text, edited_at)
       SELECT ${nextId('01920000')}, $4, $1, $2, 'was', now() FROM generate_series(1, $3::int) n`,
      [old, alice, rows, tablo],
    );
    await client.query(
      `INSERT INTO message_reactions (channel_id, message_id, user_id, emoji, created_at, entry_id)
       SELECT $3, $1, ${nextId('01930000')}, '👍', now(), ${nextId('01940000')} FROM generate_series(1, $2::int) n`,
      [old, rows, tablo],
    );
    await client.query(
      `INSERT INTO tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id)
       SELECT message_id, user_id, emoji, true, created_at, entry_id FROM message_reactions WHERE message_id = $1`,
      [old],
    );
    // What the seed of the next document looks up, of each reaction that it shows.
    await client.query(
      `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, target, emoji, is_on, sent_at, received_at, shown_at, digest)
       SELECT entry_id, $1, 1, 'reaction', user_id, message_id, emoji, true, created_at, created_at, created_at, '' FROM message_reactions WHERE message_id = $2`,
      [tablo, old],
    );
    await client.query(
      `INSERT INTO tablo_clients (tablo_id, epoch, client_id, user_id) SELECT $1, 1, n, $2 FROM generate_series(1, $3::int) n`,
      [tablo, bob, rows],
    );
    await client.query(
      `INSERT INTO tablo_erasures (message_id, tablo_id, epoch) SELECT id, $1, 1 FROM messages WHERE channel_id = $1 AND deleted_at IS NOT NULL`,
      [tablo],
    );
    // Nobody has taken any of these.
    await client.query(
      `INSERT INTO tablo_private.webhook_events (endpoint_id, tablo_id, type, message_id)
       SELECT e.id, $1, 'message.created', $2 FROM tablo_private.webhook_endpoints e, generate_series(1, $3::int)`,
      [tablo, old, rows],
    );
    await client.query("SET session_replication_role = 'origin'");
  } finally {
    client.release();
  }
  return { tablo, old };
}

describe('a commit', () => {
  it('[R9] reads and writes the same on a million rows of each kind as on a thousand', async () => {
    const costs = [];
    // The connection has its plans from when the tables were as good as empty, and nobody tells it that they grow.
    for (let nth = 0; nth < 8; nth += 1) {
      const { tablo, old } = await fill(1);
      await costsIn(tablo, old);
    }
    for (const rows of [LITTLE, MUCH]) {
      const { tablo, old } = await fill(rows);
      costs.push(await costsIn(tablo, old));
    }
    // And with plans of what PostgreSQL knows about such tables: nearly all that they hold is deleted, and of one tablo.
    await pool.query('VACUUM ANALYZE');
    const { tablo, old } = await fill(LITTLE);
    costs.push(await costsIn(tablo, old));
    const [little, much, known] = costs as [Record<string, Cost>, Record<string, Cost>, Record<string, Cost>];
    process.stdout.write(`flat costs: ${JSON.stringify({ [LITTLE]: little, [MUCH]: much, known })}\n`);
    for (const [what, cost] of [...Object.entries(much), ...Object.entries(known)]) {
      const small = little[what] as Cost;
      expect(cost.read, `${what}: rows read`).toBeLessThanOrEqual(small.read * SLACK + SLACK_ROWS);
      expect(cost.written, `${what}: rows written`).toBeLessThanOrEqual(small.written * SLACK);
      // A tree that is a level deeper costs a block more for each row that is looked up in it.
      expect(cost.blocks, `${what}: blocks`).toBeLessThanOrEqual(small.blocks * SLACK + SLACK_BLOCKS + small.read);
    }
  }, 600_000);
});

/** Each kind of commit is done once before it is counted: plans and catalogs are read then. */
async function costsIn(tablo: TabloId, old: EntryId): Promise<Record<string, Cost>> {
  const ledger = new Ledger(new PgLedgerStore(pool), { onCommit() {}, onFailure() {} });
  let { live } = load(tablo);
  const send = async (entry: MemberEntry): Promise<void> => {
    const outcome = await ledger.submit(
      submissionOf(live, entry.author, new Replica(entry.author).push(entry), Date.now()),
    );
    expect(outcome.type).toBe('committed');
  };
  const by = (author = alice) => ({ author, sentAt: Date.now() });
  const kinds: Record<string, () => MemberEntry> = {
    message: () => createMessage(by(), 'hello'),
    reaction: () => createReaction(by(), old, '👍', true),
    'reaction taken back': () => createReaction(by(bob), old, '👍', false),
    edit: () => createEdit(by(), old, 'new text'),
    deletion: () => createDeletion(by(), old),
  };
  const costs: Record<string, Cost> = {};
  for (const [what, make] of Object.entries(kinds)) {
    if (what === 'deletion') {
      // While the message that has been edited and reacted to so often is one of those that the next document begins with.
      costs['move'] = await costOf(() => ledger.move(live));
      ({ live } = load(tablo, 2));
    } else await send(make());
    costs[what] = await costOf(() => send(make()));
  }
  costs['move after it was deleted'] = await costOf(() => ledger.move(live));
  return costs;
}
