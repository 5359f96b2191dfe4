/** A table of messages that the host made, with rules of its own: what a chat has to write there is refused by none of them, or the server does not start and says which. */
import { afterEach, describe, expect, it } from 'vitest';
import { fillTakenOver } from '../../ledger/store/pg-taken-over.ts';
import { silentLog } from '../db-log.ts';
import { migrate } from '../migrate.ts';
import { createPool } from '../pool.ts';
import { compare, takePicture } from '../testing/host-picture.ts';
import { ada, boat, openHost } from '../testing/open-host.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** `text`: what is said of the column, and after it; `more`: statements. */
async function open(text: string, more = '') {
  const host = await openHost({
    more: `SET ROLE tablo_test_host; CREATE TABLE messages (id uuid PRIMARY KEY, channel_id uuid, user_id uuid, created_at timestamptz(3),
      updated_at timestamptz, deleted_at timestamptz, ${text}); ${more}; RESET ROLE`,
  });
  closers.push(host.close);
  const pool = createPool(host.superuserUrl);
  closers.push(() => pool.end());
  return { pool, start: () => migrate(host.url, silentLog, { fillDocuments: fillTakenOver }) };
}

describe('[R5] a rule that a chat cannot keep stops the start with the statement that removes it:', () => {
  it.each([
    ['text varchar(500)', /text is character varying\(500\).*ALTER TABLE public\.messages ALTER text TYPE text;/],
    ['text char(9000)', /text as character\(9000\)/],
    ['text text CONSTRAINT filled CHECK (char_length(text) > 0)', /DROP CONSTRAINT "filled";/],
    [`text varchar CONSTRAINT filled CHECK (trim(text) <> '')`, /"filled" of public\.messages, CHECK .* refuses rows/],
    ['text text CONSTRAINT short CHECK (length(text) BETWEEN 0 AND 2000)', /DROP CONSTRAINT "short";/],
    ['text text CONSTRAINT bytes CHECK (octet_length(text) <= 31999)', /DROP CONSTRAINT "bytes";/],
    [`text text CONSTRAINT "no ""tags" CHECK (text !~ '<')`, /cannot tell whether .*DROP CONSTRAINT "no ""tags";/],
    ['text text CONSTRAINT odd CHECK (char_length(text) <> 500)', /"odd" .* cannot tell whether/],
    [`text text, kind text CONSTRAINT kinds CHECK (kind = 'a' OR text <> '')`, /"kinds" .* cannot tell whether/],
    ['text text, CONSTRAINT whole CHECK (messages IS NOT NULL)', /"whole" .* cannot tell whether/],
    ['text text, CONSTRAINT later CHECK (deleted_at >= created_at)', /DROP CONSTRAINT "later";/],
    ['text text, CONSTRAINT one UNIQUE (channel_id, created_at)', /public\.messages DROP CONSTRAINT "one";/],
    ['text text, EXCLUDE (text WITH =)', /DROP CONSTRAINT "messages_text_excl";/],
  ])('[R5] the rule %s stops the start with the statement that removes it', async (text, sentence) => {
    const { pool, start } = await open(text);
    const before = await takePicture(pool);
    const failure = await start().catch((error: Error) => error.message);
    expect(failure).toMatch(sentence);
    expect(String(failure).length).toBeLessThan(700);
    expect(compare(before, await takePicture(pool))).toEqual({ gone: [], added: [] });
  });

  it.each([
    ['an index over texts', 'CREATE INDEX by_text ON messages (text)', /2,700 bytes: DROP INDEX public\."by_text";/],
    [
      'an index that carries texts along',
      'CREATE INDEX carries ON messages (channel_id, created_at) INCLUDE (text)',
      /2,700 bytes: DROP INDEX public\."carries";/,
    ],
    [
      'the first and last texts of a part',
      'CREATE INDEX parts ON messages USING brin (text)',
      /DROP INDEX public\."parts";/,
    ],
    [
      'an index over small letters',
      'CREATE INDEX small ON messages (lower(text))',
      /"small" .* cannot tell .*"small";/,
    ],
    ['each text once', 'CREATE UNIQUE INDEX once ON messages (md5(text))', /"once" .* cannot tell .*"once";/],
    [
      'words as a list',
      `CREATE INDEX list ON messages USING gin (string_to_array(text, ' '))`,
      /"list" .* cannot tell/,
    ],
    [
      'one message a second',
      `CREATE UNIQUE INDEX slow ON messages (channel_id, date_trunc('second', created_at AT TIME ZONE 'UTC'))`,
      /"slow" .* cannot tell/,
    ],
    [
      'one message a second, as a constraint',
      `ALTER TABLE messages ADD CONSTRAINT slow EXCLUDE (date_trunc('second', created_at AT TIME ZONE 'UTC') WITH =)`,
      /public\.messages DROP CONSTRAINT "slow";/,
    ],
    [
      'times of whole seconds',
      'ALTER TABLE messages ALTER created_at TYPE timestamptz(0)',
      /created_at is timestamp\(0\) with time zone.* ALTER TABLE public\.messages ALTER created_at TYPE timestamptz;/,
    ],
  ])('[R5] the rule %s stops the start with the statement that removes it', async (_, more, sentence) => {
    await expect((await open('text text', more)).start()).rejects.toThrow(sentence);
  });
});

it('[R5] rules that every message keeps stay as they are, and what was deleted is emptied beside them', async () => {
  const { pool, start } = await open(
    `text varchar(8000), client_key text CHECK (client_key <> ''), UNIQUE (channel_id, user_id, client_key),
     CHECK (octet_length(text) <= 32000), CHECK (text <> '' OR deleted_at IS NOT NULL)`,
    `INSERT INTO messages VALUES (gen_random_uuid(), '${boat}', '${ada}', now(), NULL, now(), 'taken back')`,
  );
  const before = await takePicture(pool);
  expect((await start()).length).toBeGreaterThan(0);
  expect(compare(before, await takePicture(pool)).gone).toEqual([]);
  expect((await pool.query('SELECT text FROM messages')).rows).toEqual([{ text: '' }]);
});

it('[R5] texts in a collation that takes different characters for one are taken over, and those that nobody can see are not', async () => {
  const { pool, start } = await open(
    'text text',
    `CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false); ALTER TABLE messages ALTER text TYPE text COLLATE loose;
     INSERT INTO messages (id, channel_id, user_id, created_at, text)
       SELECT gen_random_uuid(), '${boat}', '${ada}', '2026-01-01', t FROM unnest(ARRAY['Seen', '🙂', E' \\u200B', NULL]) AS t`,
  );
  expect((await start()).length).toBeGreaterThan(0);
  expect((await pool.query('SELECT text FROM messages ORDER BY text COLLATE "C" DESC')).rows).toEqual([
    { text: '🙂' },
    { text: 'Seen' },
  ]);
  expect((await pool.query('SELECT reason FROM tablo_private.not_taken_over')).rowCount).toBe(2);
});

it.each([
  ['at the first start', true],
  ['at a later one', false],
])('[R5] a rule is tried beside a column of a kind that is never empty, and has a default: %s', async (_, isFirst) => {
  const rule = `ALTER TABLE messages ADD CONSTRAINT long CHECK (char_length(text) <= 8000)`;
  const { pool, start } = await open(
    'text text, CONSTRAINT filled CHECK (octet_length(text) <= 32000)',
    `CREATE DOMAIN kind AS text NOT NULL CHECK (VALUE <> ''); ALTER TABLE messages ADD kind kind DEFAULT 'chat'; ${isFirst ? rule : ''}`,
  );
  expect((await start()).length).toBeGreaterThan(0);
  if (!isFirst) await pool.query(rule);
  expect(await start()).toEqual([]);
});

it('[R5] a column that no new row of ours would fill stops the start', async () => {
  const { start } = await open('text text', 'CREATE DOMAIN kind AS text NOT NULL; ALTER TABLE messages ADD kind kind');
  await expect(start()).rejects.toThrow('has a column kind that every new row must fill');
});

it('[R5] a rule that cannot be tried, since the column has no room for a text, stops no later start', async () => {
  const { pool, start } = await open('text text CHECK (char_length(text) <= 8000)');
  await start();
  const { rows } = await pool.query<{ drop: string }>(
    `SELECT format('DROP TRIGGER %I ON messages', tgname) AS drop FROM pg_trigger WHERE tgrelid = 'messages'::regclass AND NOT tgisinternal`,
  );
  for (const { drop } of rows) await pool.query(drop);
  await pool.query('ALTER TABLE messages ALTER text TYPE varchar(500)');
  expect(await start()).toEqual([]);
});

it('[R5] read times of whole seconds will do', async () => {
  const { pool, start } = await open(
    'text text',
    `CREATE TABLE channel_read_state (user_id uuid, channel_id uuid, last_read_at timestamptz(0), PRIMARY KEY (user_id, channel_id));
     INSERT INTO channel_read_state VALUES ('${ada}', '${boat}', '2026-01-01 00:00:01.6');
     INSERT INTO messages (id, channel_id, user_id, created_at, text) VALUES (gen_random_uuid(), '${boat}', '${ada}', '2026-01-01 00:00:01.5', 'read'),
       (gen_random_uuid(), '${boat}', '${ada}', '2026-01-01 00:00:02.5', 'not read')`,
  );
  expect((await start()).length).toBeGreaterThan(0);
  expect((await pool.query('SELECT last_read_seq::int FROM channel_read_state')).rows).toEqual([{ last_read_seq: 1 }]);
});

it('[R5] indexes that every text has room in stay as they are', async () => {
  const { pool, start } = await open(
    'text text, client_key text',
    `CREATE INDEX words ON messages USING gin (to_tsvector('simple', text)); CREATE INDEX same ON messages USING hash (text);
     CREATE INDEX filled ON messages (channel_id, (created_at IS NULL)) WHERE text <> ''; CREATE UNIQUE INDEX keys ON messages (lower(client_key));
     CREATE INDEX named ON messages ((client_key || 'text'::text));
     ALTER TABLE messages ADD EXCLUDE (client_key WITH =, (created_at IS NULL) WITH =)`,
  );
  const before = await takePicture(pool);
  expect((await start()).length).toBeGreaterThan(0);
  expect(compare(before, await takePicture(pool)).gone).toEqual([]);
});

it.each([
  [
    'ALTER updated_at SET DEFAULT now(), ALTER updated_at SET NOT NULL',
    'ALTER TABLE public.messages ALTER updated_at DROP NOT NULL;',
  ],
  ['ALTER deleted_at SET NOT NULL', 'ALTER TABLE public.messages ALTER deleted_at DROP NOT NULL;'],
  ['ADD CONSTRAINT "filled" CHECK (text <> \'\')', 'ALTER TABLE public.messages DROP CONSTRAINT "filled";'],
])('[R5] a rule that the host adds to a table that was taken over stops the next start: %s', async (rule, remedy) => {
  const { pool, start } = await open('text text, client_key text');
  expect((await start()).length).toBeGreaterThan(0);
  await pool.query(`ALTER TABLE messages ADD CONSTRAINT keys CHECK (client_key <> ''),
    ADD CONSTRAINT plain CHECK (text !~ '<script'), ADD CONSTRAINT counted CHECK (seq > 0)`);
  expect(await start()).toEqual([]);
  await pool.query(`ALTER TABLE messages ${rule}`);
  const before = await takePicture(pool);
  await expect(start()).rejects.toThrow(remedy);
  expect(compare(before, await takePicture(pool))).toEqual({ gone: [], added: [] });
  await pool.query(remedy);
  expect(await start()).toEqual([]);
});
