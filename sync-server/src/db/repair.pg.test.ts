import { rm } from 'node:fs/promises';
import { createEntryId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from './db-log.ts';
import { migrate } from './migrate.ts';
import { createPool } from './pool.ts';
import { copyMigrations } from './testing/copy-migrations.ts';
import { openEmptyDatabase, type TestDatabase } from './testing/test-database.ts';

const REPAIR = '0006_sql-entrance.sql';
const [alice, bob] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];
const [good, poisoned, message] = [createEntryId(), createEntryId(), createEntryId()];

let database: TestDatabase;
let pool: Pool;
let dir: string;
beforeAll(async () => {
  database = await openEmptyDatabase();
  dir = await copyMigrations((name) => name < REPAIR);
  await migrate(database.url, silentLog, { dir });
  pool = createPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.close();
  await rm(dir, { recursive: true, force: true });
});

const rows = async (sql: string) => (await pool.query(sql)).rows as unknown[];

describe('the migration that gives values their ranges', () => {
  it('[R11] the migration that gives values their ranges repairs what was written before, and changes nothing that is in order', async () => {
    await pool.query(
      `INSERT INTO tablos (id, name, epoch, last_seq) VALUES ($1, 'Good', 3, 2), ($2, 'Poisoned', 2147483647, 0)`,
      [good, poisoned],
    );
    await pool.query('INSERT INTO tablo_access (tablo_id, user_id) SELECT id, $1 FROM tablos', [alice]);
    for (const [tablo, id] of [
      [good, createEntryId()],
      [poisoned, message],
    ])
      for (const seq of [1, 2])
        await pool.query(
          `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq) VALUES ($1, $2, $3, 'hi', now(), now(), now(), $4)`,
          [seq === 1 ? id : createEntryId(), tablo, alice, seq],
        );
    await pool.query(
      `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest) VALUES ($1, $2, 5, 'message', $3, now(), now(), now(), '')`,
      [message, poisoned, alice],
    );
    await pool.query(
      `INSERT INTO message_edits (id, message_id, user_id, text, edited_at) VALUES ($1, $1, $2, 'x', now())`,
      [message, alice],
    );
    await pool.query(
      `INSERT INTO channel_read_state (user_id, channel_id, last_read_seq, last_read_at) VALUES
       ($1, $3, 1, '2026-01-01Z'), ($1, $4, -9223372036854775808, 'infinity'), ($2, $4, 9223372036854775807, '2026-01-01Z')`,
      [alice, bob, good, poisoned],
    );
    await pool.query(
      `INSERT INTO channel_drafts (user_id, channel_id, text, updated_at) VALUES
       ($1, $2, 'good', '2026-01-01Z'), ($1, $3, 'kept', 'infinity')`,
      [alice, good, poisoned],
    );
    await pool.query(
      `INSERT INTO chat_profiles (user_id, name, email, avatar_url, updated_at) VALUES ($1, 'Alice', 'a@example.org', NULL, '2026-01-01Z'), ($2, $3, $3, $3, 'infinity')`,
      [alice, bob, 'x'.repeat(5_000)],
    );

    expect((await migrate(database.url, silentLog))[0]).toBe(REPAIR.replace('.sql', ''));

    expect(await rows('SELECT name, epoch, last_seq::int FROM tablos ORDER BY name')).toEqual([
      { name: 'Good', epoch: 3, last_seq: 2 },
      { name: 'Poisoned', epoch: 6, last_seq: 2 },
    ]);
    expect(
      await rows(
        `SELECT t.name, last_read_seq::int AS seq, last_read_at = '2026-01-01Z' AS kept FROM channel_read_state JOIN tablos t ON t.id = channel_id ORDER BY name, seq`,
      ),
    ).toEqual([
      { name: 'Good', seq: 1, kept: true },
      { name: 'Poisoned', seq: 0, kept: false },
      { name: 'Poisoned', seq: 2, kept: true },
    ]);
    expect(
      await rows(
        `SELECT text, updated_at = '2026-01-01Z' AS kept, isfinite(updated_at) AS finite FROM channel_drafts ORDER BY text`,
      ),
    ).toEqual([
      { text: 'good', kept: true, finite: true },
      { text: 'kept', kept: false, finite: true },
    ]);
    expect(
      await rows(
        'SELECT char_length(name) AS name, email, avatar_url, isfinite(updated_at) AS finite FROM chat_profiles ORDER BY name',
      ),
    ).toEqual([
      { name: 5, email: 'a@example.org', avatar_url: null, finite: true },
      { name: 200, email: null, avatar_url: null, finite: true },
    ]);
    expect(await rows('SELECT channel_id FROM message_edits')).toEqual([{ channel_id: poisoned }]);
  });
});
