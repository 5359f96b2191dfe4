import { describe, expect, it } from 'vitest';
import { createPool } from '../db/pool.ts';
import { openTestDatabase } from '../db/testing/test-database.ts';
import { alice } from '../ledger/testing/ledger-fixture.ts';
import type { Drift, DriftCode } from './drift.ts';
import { audit } from './pg-audit.ts';

describe('an audit that cannot look at something', () => {
  /** A database of its own, since its tables are tampered with: three tablos, of which the one in the middle is broken. */
  async function breakOne(sql: (tablo: string) => string): Promise<{ drifts: string[]; tablos: number }> {
    const own = await openTestDatabase();
    const other = createPool(own.url);
    const ids = ['1', '2', '3'].map((nth) => `0000000${nth}-0000-4000-8000-000000000000`);
    for (const id of ids) {
      // Each has one thing to be found.
      await other.query(`INSERT INTO tablos (id, name, last_seq) VALUES ($1, 'Test', 7)`, [id]);
      await other.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [id, alice]);
      await other.query('INSERT INTO channel_read_state (user_id, channel_id, last_read_seq) VALUES ($1, $2, 7)', [
        alice,
        id,
      ]);
      await other.query(
        `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, target, sent_at, received_at, shown_at, digest)
         VALUES (gen_random_uuid(), $1, 0, 'delete', $2, gen_random_uuid(), '2026-01-01Z', '2026-01-01Z', '2026-01-01Z', '')`,
        [id, alice],
      );
    }
    await other.query(sql(ids[1]!));
    const drifts: string[] = [];
    const { tablos } = await audit(other, {
      statementMs: 5_000,
      onDrift: ({ tablo, code, detail = '' }) => drifts.push(`${ids.indexOf(tablo) + 1} ${code} ${detail}`),
    });
    await other.end();
    await own.close();
    return { drifts, tablos };
  }
  const hide = (tablo: string, unless: string): string =>
    `ALTER TABLE tablo_entries RENAME TO all_entries;
     CREATE VIEW tablo_entries AS SELECT * FROM all_entries WHERE tablo_id <> '${tablo}' OR ${unless}`;
  const unlooked = (drifts: readonly string[]) => drifts.filter((drift) => drift.includes('not-looked-at'));

  it.each([
    [
      'a position that no arithmetic holds',
      (tablo: string) =>
        `ALTER TABLE channel_read_state DROP CONSTRAINT tablo_chat_channel_read_state_seq; SET LOCAL session_replication_role = replica;
         UPDATE channel_read_state SET last_read_seq = -9223372036854775808 WHERE channel_id = '${tablo}'`,
      '2 not-looked-at 22003: bigint out of range',
    ],
    [
      'rows that take longer than a statement may',
      (tablo: string) => hide(tablo, `pg_sleep(60)::text = ''`),
      '2 not-looked-at 57014: canceling statement due to statement timeout',
    ],
    [
      'rows that end the connection',
      (tablo: string) => hide(tablo, 'pg_terminate_backend(pg_backend_pid())'),
      '2 not-looked-at 57P01: terminating connection due to administrator command',
    ],
    [
      'rows that PostgreSQL cannot read, whose words are not shown',
      (tablo: string) => hide(tablo, `('a secret' || tablo_id)::int = 1`),
      '2 not-looked-at 22P02: invalid input syntax for type integer: "…"',
    ],
  ])('[R11] goes on after %s, and reports that tablo', async (_, sql, expected) => {
    const { drifts, tablos } = await breakOne(sql);
    expect(tablos).toBe(3);
    expect(unlooked(drifts)).toEqual([expected]);
    for (const nth of [1, 3])
      expect(drifts.filter((drift) => drift.startsWith(`${nth} target-missing`))).toHaveLength(1);
  });

  const oddities: readonly (readonly [what: string, sql: (tablo: string) => string, expected: DriftCode])[] = [
    [
      'endless times in every row',
      (tablo: string) => `ALTER TABLE tablo_entries DROP CONSTRAINT tablo_entries_times;
       UPDATE tablo_entries SET sent_at = 'infinity', received_at = '-infinity', shown_at = 'infinity' WHERE tablo_id = '${tablo}'`,
      'shown-at-rule',
    ],
    [
      'a kind, an emoji and a role that are none',
      (
        tablo: string,
      ) => `UPDATE tablo_entries SET kind = 'poem', emoji = repeat('x', 100000), is_on = NULL WHERE tablo_id = '${tablo}';
       UPDATE tablo_access SET role = repeat('x', 100000) WHERE tablo_id = '${tablo}'`,
      'target-missing',
    ],
    ...['00', 'ff', '0100', 'ffffffffffffffffff7f', '01ffffffff0f', '0101ff00040100', '7b7d'].map(
      (bytes) =>
        [
          `a snapshot of ${bytes}`,
          (tablo: string) =>
            `INSERT INTO tablo_documents (tablo_id, epoch, state) VALUES ('${tablo}', 1, decode('${bytes}', 'hex'))`,
          'target-missing',
        ] as const,
    ),
  ];
  it.each(oddities)('[R11] looks at a tablo in spite of %s', async (_, sql, expected) => {
    const { drifts } = await breakOne(sql);
    expect(unlooked(drifts)).toEqual([]);
    for (const nth of [1, 2, 3]) expect(drifts.join('\n')).toContain(`${nth} last-seq`);
    expect(drifts.join('\n')).toContain(`2 ${expected}`);
  });

  it('[R9] compares a message that thousands of rows speak of in parts, and says so', async () => {
    const { drifts } = await breakOne(
      (tablo) =>
        `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, target, emoji, is_on, sent_at, received_at, shown_at, digest)
         SELECT gen_random_uuid(), '${tablo}', 0, 'reaction', author, target, '👍', nth % 2 = 0, sent_at, received_at, shown_at, ''
         FROM tablo_entries, generate_series(1, 45000) AS nth WHERE tablo_id = '${tablo}'`,
    );
    expect(unlooked(drifts)).toEqual(['2 not-looked-at more than 20000 rows of one message']);
    expect(drifts.filter((drift) => drift.startsWith('2 rows-only'))).toHaveLength(45_001);
    expect(drifts.filter((drift) => drift.startsWith('3 target-missing'))).toHaveLength(1);
  });

  it('[R11] gives up where the database is gone, instead of saying so of each tablo', async () => {
    const own = await openTestDatabase();
    const other = createPool(own.url, { connectionTimeoutMs: 2_000 });
    for (let nth = 0; nth < 5; nth += 1) await other.query(`INSERT INTO tablos (name, last_seq) VALUES ('Test', 7)`);
    const drifts: Drift[] = [];
    const auditing = audit(other, {
      onDrift: (drift) => {
        drifts.push(drift);
        if (drifts.length === 1) void own.close();
      },
    });
    await expect(auditing).rejects.toThrow();
    expect(drifts.length).toBeLessThan(10);
    await other.end();
  });
});
