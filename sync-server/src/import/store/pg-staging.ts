/**
 * The file's content in temporary tables of the import's own connection: PostgreSQL sorts, joins and numbers there what is too much for this process, and forgets it when the
 * connection ends, however it ends. Nothing else of the database is changed here.
 */
import { MAX_OWN_REACTION_KINDS, MAX_REACTION_KINDS } from '@tablo/schema/limits';
import type { DatabaseClient } from '../../db/database-client.ts';
import { type MessageRow, messageId } from '../mapping/map-message.ts';
import type { MemberRow, ReactionRow, ReadRow } from '../mapping/map-others.ts';

const ROWS_A_STATEMENT = 2_000;

const TABLES = `
  CREATE TEMP TABLE import_channels (cid text PRIMARY KEY, tablo uuid NOT NULL, truncated_us bigint);
  CREATE TEMP TABLE import_messages (cid text NOT NULL, stream_id text NOT NULL, version integer NOT NULL, part integer NOT NULL, id uuid, other_id uuid NOT NULL, author uuid NOT NULL,
    text text NOT NULL, t_us bigint NOT NULL, edited_ms bigint, deleted_ms bigint, reply text, reply_id uuid, reply_other_id uuid, said_us bigint NOT NULL,
    has_all_reactions boolean NOT NULL, beyond_id uuid, PRIMARY KEY (cid, stream_id, version, part));
  CREATE TEMP TABLE import_reactions (cid text, stream_id text NOT NULL, entry_id uuid NOT NULL, author uuid NOT NULL, emoji text NOT NULL, ms bigint NOT NULL, version integer);
  CREATE TEMP TABLE import_reads (cid text NOT NULL, reader uuid NOT NULL, last_us bigint, stream_id text, PRIMARY KEY (cid, reader));
  CREATE TEMP TABLE import_members (cid text NOT NULL, member uuid NOT NULL, role text NOT NULL, since bigint, PRIMARY KEY (cid, member));
  CREATE TEMP TABLE import_beyond (id uuid PRIMARY KEY, tablo uuid NOT NULL, first uuid NOT NULL, author uuid NOT NULL, edited_ms bigint, deleted_ms bigint)`;

const MESSAGES = `INSERT INTO import_messages SELECT * FROM json_to_recordset($1) AS r(cid text, stream_id text, version integer, part integer, id uuid, other_id uuid, author uuid, text text,
    t_us bigint, edited_ms bigint, deleted_ms bigint, reply text, reply_id uuid, reply_other_id uuid, said_us bigint, has_all_reactions boolean, beyond_id uuid)`;
const REACTIONS = `INSERT INTO import_reactions SELECT * FROM json_to_recordset($1) AS r(cid text, stream_id text, entry_id uuid, author uuid, emoji text, ms bigint, version integer)`;
// Of two positions of one reader the later one.
const READS = `INSERT INTO import_reads AS known SELECT DISTINCT ON (cid, reader) * FROM json_to_recordset($1) AS r(cid text, reader uuid, last_us bigint, stream_id text)
  ORDER BY cid, reader, last_us DESC NULLS LAST
  ON CONFLICT (cid, reader) DO UPDATE SET last_us = excluded.last_us, stream_id = excluded.stream_id WHERE excluded.last_us > coalesce(known.last_us, -1)`;
const MEMBERS = `INSERT INTO import_members SELECT * FROM json_to_recordset($1) AS r(cid text, member uuid, role text, since bigint) ON CONFLICT DO NOTHING`;
const CHANNELS = `INSERT INTO import_channels SELECT * FROM json_to_recordset($1) AS r(cid text, tablo uuid, truncated_us bigint)`;

export interface ChannelRow {
  readonly cid: string;
  readonly tablo: string;
  readonly truncated_us: number | null;
}

/** A message of the file, counted: an export that is taken while people write has some of them twice, in two states. */
interface Rows {
  messages: MessageRow & { readonly version: number };
  /** Null: it stands by itself, and not in a message's list. */
  reactions: ReactionRow & { readonly version: number | null };
  reads: ReadRow;
  members: MemberRow;
}
const INSERTS = { messages: MESSAGES, reactions: REACTIONS, reads: READS, members: MEMBERS } as const;

export class PgStaging {
  readonly #client: DatabaseClient;
  readonly #waiting: { [Kind in keyof Rows]: Rows[Kind][] } = { messages: [], reactions: [], reads: [], members: [] };

  constructor(client: DatabaseClient) {
    this.#client = client;
  }

  async open(): Promise<void> {
    await this.#client.query(TABLES);
  }

  async add<Kind extends keyof Rows>(kind: Kind, rows: readonly Rows[Kind][]): Promise<void> {
    const waiting: Rows[Kind][] = this.#waiting[kind];
    waiting.push(...rows);
    if (waiting.length >= ROWS_A_STATEMENT) await this.#write(kind);
  }

  async flush(): Promise<void> {
    for (const kind of Object.keys(INSERTS) as (keyof Rows)[]) await this.#write(kind);
  }

  async #write(kind: keyof Rows): Promise<void> {
    const rows: unknown[] = this.#waiting[kind].splice(0);
    if (rows.length === 0) return;
    await this.#client.query(INSERTS[kind], [JSON.stringify(rows)]);
  }

  /** Those that anything speaks of. */
  async listChannels(): Promise<readonly string[]> {
    const { rows } = await this.#client.query<{ cid: string }>(
      'SELECT cid FROM import_messages UNION SELECT cid FROM import_members UNION SELECT cid FROM import_reads ORDER BY 1',
    );
    return rows.map(({ cid }) => cid);
  }

  /** Which channels are imported, and where to. Returns what is known only now. */
  async settle(channels: readonly ChannelRow[]): Promise<Settled> {
    await this.#client.query(CHANNELS, [JSON.stringify(channels)]);
    const twice = await this.#keepLatest();
    await this.#client.query(NOT_LATER);
    await this.#client.query('ANALYZE import_messages; ANALYZE import_reactions; ANALYZE import_channels');
    await this.#client.query(ORDERED);
    await this.#client.query(INDEXED);
    await this.#findBeyond();
    await this.#client.query('ANALYZE import_beyond');
    const { rows } = await this.#client.query<{ [Name in keyof Settled]: string }>(COUNTS);
    const [counts] = rows;
    const of = (name: keyof Settled): number => Number(counts?.[name] ?? 0);
    return {
      ...{ twice, twiceReactions: of('twiceReactions') },
      ...{ deleted: of('deleted'), edited: of('edited'), replies: of('replies'), inParts: of('inParts') },
      ...{ fresh: of('fresh'), there: of('there'), elsewhere: of('elsewhere'), truncated: of('truncated') },
      ...{ otherChannel: of('otherChannel'), lostReplies: of('lostReplies'), movedTimes: of('movedTimes') },
      ...{ futureTimes: of('futureTimes') },
      ...{ newIds: of('newIds'), lostReactions: of('lostReactions'), tooManyReactions: of('tooManyReactions') },
    };
  }

  /** How many of each emoji come along. */
  async countEmoji(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.#client.query<{ emoji: string; count: number }>(
      'SELECT emoji, count(*)::int AS count FROM import_votes GROUP BY emoji ORDER BY min(ms), emoji',
    );
    return new Map(rows.map(({ emoji, count }) => [emoji, count]));
  }

  /** Of a message's states the latest one, with all its parts; how many were others. */
  async #keepLatest(): Promise<number> {
    await this.#client.query(LATEST);
    const { rows } = await this.#client.query<{ more: number }>(
      'SELECT coalesce(sum(more), 0)::int AS more FROM import_latest',
    );
    for (const statement of KEEP_LATEST) await this.#client.query(statement);
    return rows[0]?.more ?? 0;
  }

  /** Parts that an earlier run has stored, of texts that have fewer parts by now. Their ids cannot be made in SQL: it is asked for one after another, until there is none. */
  async #findBeyond(): Promise<void> {
    let { rows: found } = await this.#client.query<Beyond>(BEYOND);
    while (found.length > 0) {
      await this.#client.query(NOTE_BEYOND, [JSON.stringify(found)]);
      const next = found.map((one) => ({
        ...one,
        part: one.part + 1,
        id: messageId(one.cid, one.stream_id, one.part + 1),
      }));
      ({ rows: found } = await this.#client.query<Beyond>(BEYOND_THESE, [JSON.stringify(next)]));
    }
  }
}

interface Beyond {
  readonly cid: string;
  readonly stream_id: string;
  readonly part: number;
  readonly id: string;
  readonly tablo: string;
  /** The message whose part it is. */
  readonly first: string;
  readonly author: string;
  readonly edited_ms: number | null;
  readonly deleted_ms: number | null;
}

/** Numbers of messages, but for reactions. */
export interface Settled {
  /** States of messages that the file has in a later state as well. */
  readonly twice: number;
  readonly twiceReactions: number;
  readonly deleted: number;
  readonly edited: number;
  readonly replies: number;
  readonly inParts: number;
  readonly fresh: number;
  /** An earlier import has brought them. */
  readonly there: number;
  /** Into another tablo than the one they belong to by now. */
  readonly elsewhere: number;
  readonly truncated: number;
  readonly otherChannel: number;
  readonly lostReplies: number;
  /** Shown a millisecond or more later, so that what was written within one millisecond keeps its order. */
  readonly movedTimes: number;
  /** Theirs is in the future; they get the time of the import. */
  readonly futureTimes: number;
  /** Stream's id is a UUID, and taken. */
  readonly newIds: number;
  readonly lostReactions: number;
  readonly tooManyReactions: number;
}

// A time of the future would stand as the newest until it comes, and push the clock of everybody who writes: it becomes the time of the import. A minute is what clocks may differ by.
const NOW = 'tablo_private.to_ms(now())';
const LATER = 60_000;
export const notLater = (ms: string): string => `(CASE WHEN ${ms} > ${NOW} + ${LATER} THEN ${NOW} ELSE ${ms} END)`;
const NOT_LATER = (
  [
    ['import_messages', 'edited_ms'],
    ['import_messages', 'deleted_ms'],
    ['import_reactions', 'ms'],
    ['import_members', 'since'],
  ] as const
)
  .map(([table, column]) => `UPDATE ${table} SET ${column} = ${NOW} WHERE ${column} > ${NOW} + ${LATER}`)
  .join(';');

// A deletion comes after what was said in the same moment; else what stands later in the file.
const IN_TIME = 'ORDER BY said_us DESC, deleted_ms IS NULL, version DESC';
const LATEST = `CREATE TEMP TABLE import_latest AS SELECT cid, stream_id, count(*) - 1 AS more, (array_agg(version ${IN_TIME}))[1] AS version,
    (array_agg(has_all_reactions ${IN_TIME}))[1] AS has_all_reactions
  FROM import_messages WHERE part = 0 GROUP BY cid, stream_id HAVING count(*) > 1`;
const KEEP_LATEST = [
  // Where the later state does not list all of its reactions, what the earlier one lists may stand.
  `DELETE FROM import_reactions v USING import_latest l WHERE v.cid = l.cid AND v.stream_id = l.stream_id AND v.version <> l.version AND l.has_all_reactions`,
  `DELETE FROM import_messages m USING import_latest l WHERE m.cid = l.cid AND m.stream_id = l.stream_id AND m.version <> l.version`,
] as const;

const STORED_PART = `FROM public.tablo_entries e WHERE e.id = b.id AND e.tablo_id = b.tablo AND e.kind = 'message' AND e.epoch = 0`;
const BEYOND = `SELECT b.* FROM (
    SELECT r.cid, r.stream_id, r.beyond_id AS id, r.tablo, r.id AS first, r.author, r.edited_ms::float8, r.deleted_ms::float8,
      (SELECT max(p.part) + 1 FROM import_messages p WHERE p.cid = r.cid AND p.stream_id = r.stream_id) AS part
    FROM import_rows r WHERE r.part = 0 AND r.is_there
  ) b WHERE EXISTS (SELECT ${STORED_PART})`;
const THESE = 'id uuid, tablo uuid, first uuid, author uuid, edited_ms bigint, deleted_ms bigint';
const NOTE_BEYOND = `INSERT INTO import_beyond SELECT * FROM json_to_recordset($1) AS b(${THESE})`;
const BEYOND_THESE = `SELECT b.cid, b.stream_id, b.part, b.id, b.tablo, b.first, b.author, b.edited_ms::float8, b.deleted_ms::float8
  FROM json_to_recordset($1) AS b(cid text, stream_id text, part integer, ${THESE}) WHERE EXISTS (SELECT ${STORED_PART})`;

// 1. An id is taken where it is something else's: another message's, or an entry that no import has brought (epoch 0). By author and time the message itself is known that an
//    earlier run has brought into another tablo: it stays there, whichever of its two ids it has.
// 2. The order is Stream's, to the microsecond; ours is (millisecond, id). Where a message would come before the one it followed, it is shown at the next millisecond: with `descents`
//    counting such places, the least times in order are descents + max(ms - descents) over all up to it. `t_us` stays as it was said: by it read positions are found.
const isBrought = (entry: string): string => `${entry}.kind = 'message' AND ${entry}.epoch = 0`;
const SAME_MOMENT_MS = 1_000;
const ORDERED = `CREATE TEMP TABLE import_rows AS WITH placed AS (
    SELECT m.*, c.tablo, ${notLater('m.t_us / 1000')} AS asked_ms, coalesce(${isBrought('e')} AND e.tablo_id = c.tablo, false) AS is_own, e.id IS NOT NULL AS is_taken,
      coalesce(${isBrought('e')} AND e.author = m.author AND abs(tablo_private.to_ms(e.sent_at) - m.t_us / 1000) < ${SAME_MOMENT_MS}, false) AS is_same,
      coalesce(${isBrought('o')}, false) AS has_other
    FROM import_messages m JOIN import_channels c ON c.cid = m.cid
    LEFT JOIN public.tablo_entries e ON e.id = m.id LEFT JOIN public.tablo_entries o ON o.id = m.other_id
    WHERE c.truncated_us IS NULL OR m.t_us > c.truncated_us
  ), numbered AS (
    SELECT p.*, row_number() OVER (PARTITION BY p.id ORDER BY p.is_own DESC, p.cid, p.stream_id) AS nth_of_id FROM placed p
  ), chosen AS (
    SELECT p.*, coalesce(p.id, p.other_id) AS wanted, CASE WHEN p.id IS NULL OR p.nth_of_id > 1 THEN p.other_id WHEN p.is_own THEN p.id
        WHEN p.has_other OR (p.is_taken AND NOT p.is_same) THEN p.other_id ELSE p.id END AS final
    FROM numbered p
  ), firsts AS (
    SELECT c.*, first_value(c.final) OVER (PARTITION BY c.cid, c.stream_id ORDER BY c.part) AS first_id FROM chosen c
  ), compared AS (
    SELECT f.*, CASE WHEN f.final < lag(f.final) OVER in_order THEN 1 ELSE 0 END AS descent FROM firsts f
    WINDOW in_order AS (PARTITION BY f.tablo ORDER BY f.t_us, f.first_id, f.part)
  ), counted AS (
    SELECT c.*, sum(c.descent) OVER in_order AS descents, row_number() OVER in_order AS nth FROM compared c
    WINDOW in_order AS (PARTITION BY c.tablo ORDER BY c.t_us, c.first_id, c.part)
  )
  SELECT c.tablo, c.nth, c.cid, c.stream_id, c.part, c.final AS id, c.author, c.text, c.t_us, c.edited_ms, c.deleted_ms, c.reply, c.wanted, c.beyond_id,
    c.asked_ms, (c.descents + max(c.asked_ms - c.descents) OVER (PARTITION BY c.tablo ORDER BY c.nth))::bigint AS ms,
    NULL::uuid AS reply_to, e.id IS NOT NULL AS is_there, coalesce(e.tablo_id <> c.tablo, false) AS is_elsewhere, c.reply_id, c.reply_other_id
  FROM counted c LEFT JOIN public.tablo_entries e ON e.id = c.final`;

const ITS_MESSAGE =
  'FROM import_rows r WHERE r.stream_id = v.stream_id AND r.part = 0 AND (v.cid IS NULL OR v.cid = r.cid) AND r.deleted_ms IS NULL';
// `own` and `kind` number a message's emoji in order of time, for the bounds that hold for everybody's.
const INDEXED = `CREATE UNIQUE INDEX ON import_rows (tablo, nth);
  CREATE INDEX ON import_rows (tablo, t_us, nth);
  CREATE INDEX ON import_rows (stream_id) WHERE part = 0;
  CREATE INDEX ON import_rows (id);
  ANALYZE import_rows;
  UPDATE import_rows r SET reply_to = coalesce(
    (SELECT a.id FROM import_rows a WHERE a.stream_id = r.reply AND a.part = 0 AND a.cid = r.cid AND NOT a.is_elsewhere LIMIT 1),
    (SELECT e.id FROM public.tablo_entries e WHERE e.id IN (r.reply_id, r.reply_other_id) AND e.tablo_id = r.tablo AND e.kind = 'message' LIMIT 1))
  WHERE r.reply IS NOT NULL;
  CREATE TEMP TABLE import_votes AS WITH found AS (
    SELECT v.*, m.id AS target, m.tablo, m.nth FROM import_reactions v
    JOIN LATERAL (SELECT r.* ${ITS_MESSAGE} ORDER BY r.cid LIMIT 1) m ON true
  ), once AS (
    SELECT DISTINCT ON (target, author, emoji) * FROM found ORDER BY target, author, emoji, ms, entry_id
  ), kinds AS (
    SELECT o.*, min(o.ms) OVER (PARTITION BY o.target, o.emoji) AS since, row_number() OVER (PARTITION BY o.target, o.author ORDER BY o.ms, o.emoji) AS own FROM once o
  )
  SELECT tablo, nth, target, entry_id, author, emoji, ms, own, dense_rank() OVER (PARTITION BY target ORDER BY since, emoji) AS kind FROM kinds;
  CREATE INDEX ON import_votes (tablo, nth);
  ANALYZE import_votes`;

const COUNTS = `SELECT (SELECT count(*) FROM import_rows WHERE NOT is_there) AS fresh, (SELECT count(*) FROM import_rows WHERE is_there) AS there,
  (SELECT count(*) FROM import_rows WHERE is_elsewhere) AS elsewhere,
  (SELECT count(*) FROM import_messages m JOIN import_channels c USING (cid) WHERE m.t_us <= c.truncated_us) AS truncated,
  (SELECT count(*) FROM import_messages m WHERE NOT EXISTS (SELECT FROM import_channels c WHERE c.cid = m.cid)) AS "otherChannel",
  (SELECT count(*) FROM import_rows WHERE reply IS NOT NULL AND reply_to IS NULL) AS "lostReplies",
  (SELECT count(*) FROM import_rows WHERE ms <> asked_ms) AS "movedTimes", (SELECT count(*) FROM import_rows WHERE asked_ms <> t_us / 1000) AS "futureTimes", (SELECT count(*) FROM import_rows WHERE id <> wanted) AS "newIds",
  (SELECT count(*) FROM import_rows WHERE part = 0 AND deleted_ms IS NOT NULL) AS deleted, (SELECT count(*) FROM import_rows WHERE part = 0 AND edited_ms IS NOT NULL) AS edited,
  (SELECT count(*) FROM import_rows WHERE part = 0 AND reply IS NOT NULL) AS replies, (SELECT count(*) FROM import_rows WHERE part = 1) AS "inParts",
  (SELECT count(*) FROM import_reactions v WHERE NOT EXISTS (SELECT ${ITS_MESSAGE})) AS "lostReactions",
  (SELECT count(*) FROM import_reactions v WHERE EXISTS (SELECT ${ITS_MESSAGE})) - (SELECT count(*) FROM import_votes) AS "twiceReactions",
  (SELECT count(*) FROM import_votes WHERE kind > ${MAX_REACTION_KINDS} OR own > ${MAX_OWN_REACTION_KINDS}) AS "tooManyReactions"`;
