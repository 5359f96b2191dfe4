/**
 * Years of traffic, written by SQL in minutes: as replication writes it, without triggers and checks, ids in the order of time, indexes made afterwards. A row is
 * what the server would have left there, as far as anything reads it; of the log of entries there are those of reactions, whose number nothing else keeps.
 */
import type pg from 'pg';
import type { HistoryDatabase } from './history-database.ts';
import { dropIndexes } from './indexes.ts';
import { type Past, TARGETS, UNREAD } from './past.ts';
import { withoutTriggers } from './triggers.ts';

const TABLES = [
  ...['tablos', 'tablo_access', 'tablo_invites', 'channel_read_state', 'messages', 'message_edits'],
  ...['message_reactions', 'tablo_votes', 'tablo_reaction_kinds', 'tablo_entries'],
].map((table) => `public.${table}`);
/** A page shows a thousand votes that are on and a thousand that were taken back: each tablo has more than that. */
const SHOWN_VOTES = 2_200;
const VOTES_OF_A_TARGET = 24;
/** At the least: a deletion removes twenty earlier texts at once, and the rest later. */
const EDITS_OF_A_TARGET = 24;
/** Two cores: one statement is one process. */
const LANES = 2;

export async function fill(database: HistoryDatabase, pasts: readonly Past[]): Promise<void> {
  const { client } = database;
  const definitions = await dropIndexes(client, TABLES);
  await withoutTriggers(client, TABLES, async () => {
    for (const past of pasts) await inLanes(database, statementsOf(past));
  });
  await inLanes(database, definitions);
  await client.query("SET work_mem = '512MB'");
  await client.query('SELECT tablo_private.recount()');
  await client.query('SET maintenance_work_mem = 1048576');
  await client.query('VACUUM (ANALYZE)');
  await client.query('CHECKPOINT');
}

async function inLanes(database: HistoryDatabase, statements: readonly string[]): Promise<void> {
  const queue = [...statements];
  const run = async (client: pg.Client): Promise<void> => {
    await client.query(`SET session_replication_role = 'replica'; SET maintenance_work_mem = 1048576;`);
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await client.query(next);
    await client.end();
  };
  await Promise.all(Array.from({ length: LANES }, async () => run(await database.connect())));
}

function statementsOf(past: Past): readonly string[] {
  const { rows, nth, tablo, reader, late, other, hot, targets } = past;
  const id = (kind: number): string => `('019${kind}0000-000${nth}-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
  const numbers = (count: number): string => `generate_series(1, ${count}) AS n`;
  const olds = `(ARRAY['${[hot, ...targets].join("','")}']::uuid[])`;
  const ago = (what: string): string => `now() - interval '1 hour' - (${what}) * interval '1 s'`;
  const last = 2 * rows + 1 + TARGETS + UNREAD;
  const read = last - UNREAD;
  const author = `CASE n % 2 WHEN 0 THEN '${late}'::uuid ELSE '${other}'::uuid END`;
  const pastMessage = (seq: string, deleted: string, text: string): string =>
    `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, deleted_at)
     SELECT ${id(0)}, '${tablo}', ${author}, ${text}, t, t, t, n, ${deleted}
     FROM (SELECT n, ${ago(`${2 * rows} - n`)} - interval '1 minute' AS t FROM ${seq} AS n) s`;
  const ofTargets = TARGETS * VOTES_OF_A_TARGET;
  const votes = `SELECT n, ${olds}[CASE WHEN n <= ${ofTargets} THEN 2 + n % ${TARGETS} ELSE 1 END] AS message,
      n / ${TARGETS} % 2 = 0 AS is_on, ${ago('0')} + n * interval '1 ms' AS t FROM ${numbers(ofTargets + SHOWN_VOTES + rows)}`;
  const edited = TARGETS * EDITS_OF_A_TARGET;
  return [
    `${pastMessage(`generate_series(1, ${rows})`, 'NULL', "'Something that was read long ago.'")};
     ${pastMessage(`generate_series(${rows + 1}, ${2 * rows})`, 't', "''")};
     INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
     SELECT m, '${tablo}', '${reader}', 'Something that was spoken of for long.', t, t, t, ${2 * rows} + n
     FROM (SELECT m, n, ${ago(`${TARGETS} - n`)} AS t FROM unnest(${olds}) WITH ORDINALITY AS o(m, n)) s;
     INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
     SELECT ${id(1)}, '${tablo}', '${other}', 'Something new.', t, t, t, ${read} + n
     FROM (SELECT n, now() - (${UNREAD} - n) * interval '1 s' AS t FROM ${numbers(UNREAD)}) s`,
    `INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, target, emoji, is_on, sent_at, received_at, shown_at, digest)
     SELECT ${id(5)}, '${tablo}', 1, 'reaction', ${id(4)}, message, '👍', is_on, t, t, t, '' FROM (${votes}) v`,
    `INSERT INTO tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id)
     SELECT message, ${id(4)}, '👍', is_on, t, ${id(5)} FROM (${votes}) v;
     INSERT INTO message_reactions (channel_id, message_id, user_id, emoji, created_at, entry_id)
     SELECT '${tablo}', message, ${id(4)}, '👍', t, ${id(5)} FROM (${votes}) v WHERE is_on`,
    `INSERT INTO message_edits (id, channel_id, message_id, user_id, text, edited_at)
     SELECT ${id(3)}, '${tablo}', ${olds}[CASE WHEN n <= ${edited} THEN 2 + n % ${TARGETS} WHEN n % 4 = 0 THEN 1 ELSE 2 + n / 4 % ${TARGETS} END],
       '${reader}', 'What it said before.', ${ago(`${rows + edited} - n`)} FROM ${numbers(rows + edited)}`,
    `INSERT INTO tablo_access (tablo_id, user_id, is_active, created_at)
     SELECT '${tablo}', ${id(6)}, false, ${ago(`${rows} - n`)} FROM ${numbers(rows)};
     INSERT INTO tablo_access (tablo_id, user_id, is_active, created_at)
     SELECT ${id(7)}, '${reader}', false, ${ago(`${rows} - n`)} FROM ${numbers(rows)}`,
    `INSERT INTO tablo_invites (code_hash, tablo_id, role, created_by, created_at, expires_at)
     SELECT decode('0${nth}' || lpad(to_hex(n), 62, '0'), 'hex'), '${tablo}', 'member', '${reader}', ${ago(`${rows} - n`)},
       CASE WHEN n > ${rows - 10} THEN now() + interval '1 day' ELSE ${ago('0')} END FROM ${numbers(rows)}`,
    `INSERT INTO tablos (id, name, last_seq) VALUES ('${tablo}', 'History', ${last});
     INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ('${tablo}', '${reader}', 'owner'), ('${tablo}', '${late}', 'member'), ('${tablo}', '${other}', 'member');
     INSERT INTO channel_read_state (user_id, channel_id, last_read_seq) VALUES ('${reader}', '${tablo}', ${read});
     INSERT INTO tablo_reaction_kinds (message_id, emoji) SELECT DISTINCT m, '👍' FROM unnest(${olds}) m;
     INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest)
     SELECT m, '${tablo}', 1, 'message', '${reader}', t, t, t, '' FROM (SELECT m, ${ago('0')} AS t FROM unnest(${olds}) m) s;
     INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest)
     SELECT ${id(1)}, '${tablo}', 1, 'message', '${other}', now(), now(), now(), '' FROM ${numbers(UNREAD)}`,
  ];
}
