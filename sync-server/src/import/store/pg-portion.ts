/**
 * A tablo's messages go into its tables portion by portion, one transaction each; after every one of them all that holds for a tablo holds (numbers without gaps, a live document with
 * the newest messages, read positions), so that a kill leaves a shorter history and nothing to mend. What is stored is what `db/take-over.sql` makes of an earlier server's rows:
 * entries of epoch 0.
 *
 * A server may be at work meanwhile: the tablo's row is locked as the ledger locks it, each portion begins a fresh document, and whoever is connected to the old one is sent on (the notification `tablo`, `sync/sessions/revocation.ts`).
 *
 * `seq` is the order of arrival, and history has arrived before what was written here since. So where the tablo has later messages, it is put in before them: they and the read
 * positions in them are numbered anew. A portion has as many new messages as there are later ones then, and `PORTION` at least, so that all of it together stays linear.
 *
 * Locks are short: the tablo's row for one portion; the table `messages`, where a host's triggers have to be switched off, only for a portion that writes there, and once all is
 * decided; the marks of own messages at the very end.
 */

import type { TabloId } from '@tablo/schema/ids';
import { MAX_OWN_REACTION_KINDS, MAX_REACTION_KINDS } from '@tablo/schema/limits';
import type { DatabaseClient } from '../../db/database-client.ts';
import { withoutTriggers } from '../../db/host/quiet-triggers.ts';
import { moveTablo } from '../../ledger/store/pg-epochs.ts';
import { FIND_OURS, MARK_KNOWN, MARK_OTHERS } from './pg-read-positions.ts';

export interface Portion {
  readonly messages: number;
  /** Of messages that an earlier run has brought. */
  readonly deletions: number;
  readonly edits: number;
  readonly reactions: number;
  readonly positions: number;
  /** Up to where the tablo's rows of the file are stored: `import_rows.nth`. */
  readonly end: number;
}

const LOCK = `SET LOCAL tablo_chat.ledger = 'yes'; SET LOCAL synchronous_commit = on`;
// Only a statement that begins after the lock sees all that its holders before us have committed.
const TABLO = 'SELECT epoch, last_seq FROM tablos WHERE id = $1 FOR NO KEY UPDATE';
const NEWEST =
  'SELECT coalesce(max(tablo_private.to_ms(received_at)), -1) AS newest FROM messages WHERE channel_id = $1 AND seq > $2';
const FIRST = 'SELECT nth, ms FROM import_rows WHERE tablo = $1 AND NOT is_there AND nth > $2 ORDER BY nth LIMIT 1';

// The first message that was received later: it and those after it make room.
const LATER = `SELECT seq, (SELECT count(*) FROM messages l WHERE l.channel_id = $1 AND l.seq >= m.seq) AS messages
  FROM messages m WHERE m.channel_id = $1 AND tablo_private.to_ms(m.received_at) > $2 ORDER BY m.seq LIMIT 1`;
// An existing message stands where it or one before it was received; what was received in the same millisecond stands before what is new. $3: the first that makes room.
const NUMBER_ANEW = `CREATE TEMP TABLE import_numbers ON COMMIT DROP AS SELECT id, old, $3::bigint - 1 + row_number() OVER (ORDER BY at, old NULLS LAST, nth) AS seq FROM (
    SELECT m.id, m.seq AS old, max(tablo_private.to_ms(m.received_at)) OVER (ORDER BY m.seq) AS at, NULL::bigint AS nth FROM messages m WHERE m.channel_id = $1 AND m.seq >= $3
    UNION ALL (SELECT r.id, NULL, r.ms, r.nth FROM import_rows r WHERE r.tablo = $1 AND NOT r.is_there AND r.nth > $2 ORDER BY r.nth LIMIT $4)
  ) both_kinds`;
const NUMBER_ON = `CREATE TEMP TABLE import_numbers ON COMMIT DROP AS SELECT id, NULL::bigint AS old, $2::bigint + row_number() OVER (ORDER BY nth) AS seq FROM (
    SELECT id, nth FROM import_rows WHERE tablo = $1 AND NOT is_there AND nth > $3 ORDER BY nth LIMIT $4
  ) next`;
const NUMBERED = 'CREATE UNIQUE INDEX ON import_numbers (id); ANALYZE import_numbers';

/** Above every number that there is: two messages never have the same one, not even within a statement. */
const ASIDE = 2n ** 52n;
// Positions first: they never move backwards, nor beyond last_seq.
const SHIFT = [
  `UPDATE tablos SET last_seq = (SELECT max(seq) FROM import_numbers) WHERE id = $1`,
  `UPDATE channel_read_state r SET last_read_seq = n.seq FROM import_numbers n WHERE r.channel_id = $1 AND n.old = r.last_read_seq AND n.seq > n.old`,
  `UPDATE messages m SET seq = n.seq + ${ASIDE} FROM import_numbers n WHERE m.channel_id = $1 AND n.id = m.id AND n.old <> n.seq`,
  `UPDATE messages SET seq = seq - ${ASIDE} WHERE channel_id = $1 AND seq > ${ASIDE}`,
  // Counts of what was aside.
  `DELETE FROM tablo_private.deleted_counts WHERE channel_id = $1 AND messages = 0`,
  `DELETE FROM tablo_private.deleted_own_counts WHERE channel_id = $1 AND messages = 0`,
] as const;
// Marks of how many of an author's messages have a number up to theirs. Whoever makes some now has not seen what the numbers will be: they wait, and the lock is of all tablos, so it is
// the last thing before COMMIT.
const FORGET_MARKS = [
  'LOCK TABLE tablo_private.own_marks IN SHARE ROW EXCLUSIVE MODE',
  'DELETE FROM tablo_private.own_marks WHERE channel_id = $1',
] as const;

const digest = (content: string): string => `substring(sha256(convert_to(${content}, 'UTF8')) FROM 1 FOR 16)`;
// The same bytes as encodeEntryContent in @tablo/schema/entry: the audit compares.
const MESSAGE_DIGEST = digest(
  `format('["message","%s",%s,%s]', r.author, to_json(r.text), CASE WHEN r.reply_to IS NULL THEN 'null' ELSE '"' || r.reply_to || '"' END)`,
);
const DELETION_DIGEST = digest(`format('["delete","%s","%s"]', r.author, r.id)`);
const REACTION_DIGEST = digest(`format('["reaction","%s","%s",%s,true]', v.author, v.target, to_json(v.emoji))`);

const at = (ms: string): string => `tablo_private.from_ms(${ms})`;

// The author's own: Stream does not say whose it was. Its id follows from the message's.
const NOTE_DELETION = `
    INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, target, sent_at, received_at, shown_at, digest)
    SELECT md5('deletion of ' || r.id)::uuid, r.tablo, 0, 'delete', r.author, r.id, r.deleted, r.deleted, r.deleted, ${DELETION_DIGEST}
    FROM r WHERE r.deleted IS NOT NULL ON CONFLICT DO NOTHING`;

// Sent, received and shown at one time: nothing of it is late.
const STORE = `WITH r AS (
    SELECT r.*, n.seq, ${at('r.ms')} AS moment, ${at('r.deleted_ms')} AS deleted FROM import_numbers n JOIN import_rows r ON r.id = n.id AND r.tablo = $1 WHERE n.old IS NULL
  ), entries AS (
    INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, sent_at, received_at, shown_at, digest)
    SELECT r.id, r.tablo, 0, 'message', r.author, r.moment, r.moment, r.moment, ${MESSAGE_DIGEST} FROM r
  ), deletions AS (${NOTE_DELETION}
  )
  INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, reply_to, updated_at, deleted_at)
  SELECT r.id, r.tablo, r.author, r.text, r.moment, r.moment, r.moment, r.seq, r.reply_to, ${at('r.edited_ms')}, r.deleted FROM r`;
const LAST_SEQ = `UPDATE tablos SET last_seq = greatest(last_seq, (SELECT coalesce(max(seq), 0) FROM import_numbers)) WHERE id = $1`;

// Since an earlier import: what was deleted in Stream, and the parts that a text has no longer.
// Found first, and by itself: joined to the tablo's messages one by one it would be read anew for each of them.
const FIND_DELETED = `CREATE TEMP TABLE import_deleted ON COMMIT DROP AS WITH f AS MATERIALIZED (
    SELECT r.id, r.deleted_ms AS ms FROM import_rows r WHERE r.tablo = $1 AND r.is_there AND r.deleted_ms IS NOT NULL
    UNION ALL SELECT b.id, coalesce(b.deleted_ms, b.edited_ms) FROM import_beyond b JOIN messages p ON p.id = b.id JOIN messages first ON first.id = b.first
    WHERE b.tablo = $1 AND (b.deleted_ms IS NOT NULL
      OR (p.edit_id IS NULL AND first.edit_id IS NULL AND p.user_id = b.author AND ${at('b.edited_ms')} > coalesce(p.updated_at, p.created_at)))
  ) SELECT m.id, e.tablo_id AS tablo, m.user_id AS author, ${at('f.ms')} AS deleted
  FROM f JOIN messages m ON m.id = f.id AND m.channel_id = $1 AND m.deleted_at IS NULL JOIN tablo_entries e ON e.id = f.id AND e.epoch = 0`;
const DELETE_LATE = `WITH r AS (SELECT * FROM import_deleted), deletions AS (${NOTE_DELETION}
  ), texts AS (
    UPDATE message_edits SET text = '' FROM r WHERE message_edits.message_id = r.id
  ), reactions AS (
    DELETE FROM message_reactions USING r WHERE message_reactions.message_id = r.id
  ), votes AS (
    DELETE FROM tablo_votes USING r WHERE tablo_votes.message_id = r.id
  ), kinds AS (
    DELETE FROM tablo_reaction_kinds USING r WHERE tablo_reaction_kinds.message_id = r.id
  )
  UPDATE messages m SET text = '', first_text = NULL, deleted_at = r.deleted FROM r WHERE m.id = r.id`;

// Edited in Stream since an earlier import, and not here.
const FIND_EDITED = `CREATE TEMP TABLE import_edited ON COMMIT DROP AS SELECT r.id, r.author, r.text, r.edited_ms
  FROM import_rows r JOIN messages m ON m.id = r.id AND m.channel_id = $1 AND m.deleted_at IS NULL AND m.edit_id IS NULL AND m.user_id = r.author
  JOIN tablo_entries e ON e.id = r.id AND e.epoch = 0
  WHERE r.tablo = $1 AND r.is_there AND r.deleted_ms IS NULL AND r.text <> m.text AND ${at('r.edited_ms')} > coalesce(m.updated_at, m.created_at)`;
const EDIT_LATE = `WITH r AS (SELECT * FROM import_edited), entries AS (
    UPDATE tablo_entries e SET digest = ${digest(
      `format('["message","%s",%s,%s]', r.author, to_json(r.text), (SELECT CASE WHEN m.reply_to IS NULL THEN 'null' ELSE '"' || m.reply_to || '"' END FROM messages m WHERE m.id = r.id))`,
    )} FROM r WHERE e.id = r.id
  )
  UPDATE messages m SET text = r.text, updated_at = ${at('r.edited_ms')} FROM r WHERE m.id = r.id`;

// Whoever has reacted here since, with the same emoji, or taken it back, has said so later.
const REACT = `WITH v AS (
    SELECT v.* FROM import_votes v JOIN messages m ON m.id = v.target AND m.channel_id = $1 AND m.deleted_at IS NULL
    WHERE v.tablo = $1 AND v.nth BETWEEN $2 AND $3 AND v.kind <= ${MAX_REACTION_KINDS} AND v.own <= ${MAX_OWN_REACTION_KINDS}
      AND NOT EXISTS (SELECT FROM tablo_votes k WHERE k.message_id = v.target AND k.user_id = v.author AND k.emoji = v.emoji)
      AND NOT EXISTS (SELECT FROM tablo_entries k WHERE k.id = v.entry_id)
  ), entries AS (
    INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, target, emoji, is_on, sent_at, received_at, shown_at, digest)
    SELECT v.entry_id, $1, 0, 'reaction', v.author, v.target, v.emoji, true, ${at('v.ms')}, ${at('v.ms')}, ${at('v.ms')}, ${REACTION_DIGEST} FROM v
  ), kinds AS (
    INSERT INTO tablo_reaction_kinds (message_id, emoji) SELECT DISTINCT target, emoji FROM v ON CONFLICT DO NOTHING
  ), votes AS (
    INSERT INTO tablo_votes (message_id, user_id, emoji, is_on, shown_at, entry_id) SELECT target, author, emoji, true, ${at('ms')}, entry_id FROM v
  )
  INSERT INTO message_reactions (channel_id, message_id, user_id, emoji, created_at, entry_id) SELECT $1, target, author, emoji, ${at('ms')}, entry_id FROM v`;

const TELL = `SELECT pg_notify('tablo_changes', json_build_object('type', 'tablo', 'tablo', $1::uuid)::text)`;

/** `on`: after all that is there. `anew`: before what was received later. */
type Numbering = 'on' | 'anew';

interface LockedTablo {
  readonly epoch: number;
  readonly lastSeq: number;
  /** When its newest message was received, in ms since the Unix epoch; -1: it has none. */
  readonly newest: number;
}

/** One portion after another, for one tablo. */
export class TabloImport {
  readonly #client: DatabaseClient;
  readonly #tablo: TabloId;
  #end = 0;
  /** Up to this number every message was looked at, and when the newest of them was received. */
  #looked = 0;
  #newest = -1;

  constructor(client: DatabaseClient, tablo: TabloId) {
    this.#client = client;
    this.#tablo = tablo;
  }

  async open(): Promise<this> {
    await this.#client.query('DROP TABLE IF EXISTS import_ours');
    await this.#client.query(FIND_OURS, [this.#tablo]);
    return this;
  }

  /** The next messages, at most so many where they come after all that is there. Null: everything is stored. */
  async store(size: number): Promise<Portion | null> {
    await this.#client.query(`BEGIN; ${LOCK}`);
    try {
      const portion = await this.#store(size, await this.#lock());
      await this.#client.query(portion === null ? 'ROLLBACK' : 'COMMIT');
      return portion;
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => {}); // The connection may be what has failed.
      throw error;
    }
  }

  async #store(size: number, tablo: LockedTablo): Promise<Portion | null> {
    const numbering = await this.#number(size, tablo);
    const messages = numbering === null ? 0 : await this.#quietly(() => this.#storeNumbered(numbering));
    const end = numbering === null ? Number.MAX_SAFE_INTEGER : await this.#readEnd();
    const portion = await this.#storeRest(messages, end, numbering === null);
    if (portion === null) return null;
    // [R9] The live document begins with the newest messages, as after any move.
    await moveTablo(this.#client, { tabloId: this.#tablo, from: tablo.epoch });
    await this.#client.query(TELL, [this.#tablo]);
    if (numbering === 'anew')
      for (const sql of FORGET_MARKS) await this.#client.query(sql, sql.includes('$1') ? [this.#tablo] : []);
    this.#end = portion.end;
    this.#looked = tablo.lastSeq;
    this.#newest = tablo.newest;
    return portion;
  }

  /** Decides the numbers of the next messages, and of those that make room for them. Null: all are stored. */
  async #number(size: number, { lastSeq, newest }: LockedTablo): Promise<Numbering | null> {
    const first = (await this.#client.query<{ nth: string; ms: string }>(FIRST, [this.#tablo, this.#end])).rows[0];
    if (first === undefined) return null;
    // Between two messages of one millisecond the one that is there stands first.
    const isLast = Number(first.ms) >= newest;
    const [later] = isLast
      ? []
      : (await this.#client.query<{ seq: string; messages: string }>(LATER, [this.#tablo, first.ms])).rows;
    if (later === undefined) await this.#client.query(NUMBER_ON, [this.#tablo, lastSeq, this.#end, size]);
    else
      await this.#client.query(NUMBER_ANEW, [
        ...[this.#tablo, this.#end, later.seq],
        Math.max(size, Number(later.messages)),
      ]);
    await this.#client.query(NUMBERED);
    return later === undefined ? 'on' : 'anew';
  }

  async #storeNumbered(numbering: Numbering): Promise<number> {
    if (numbering === 'anew')
      for (const sql of SHIFT) await this.#client.query(sql, sql.includes('$1') ? [this.#tablo] : []);
    const { rowCount } = await this.#client.query(STORE, [this.#tablo]);
    await this.#client.query(LAST_SEQ, [this.#tablo]);
    return rowCount ?? 0;
  }

  /** A host's triggers on `messages` hear nothing of it. Switching them off locks the table for all tablos: so it comes after the row, as everybody takes them, and only where something is written there. */
  async #quietly(act: () => Promise<number>): Promise<number> {
    let count = 0;
    await withoutTriggers(
      this.#client,
      ['public.messages'],
      async () => {
        count = await act();
      },
      { keepsOurs: true },
    );
    return count;
  }

  /** What belongs to the messages up to `end`. `isLast`: to all of the tablo's, also those of earlier runs. */
  async #storeRest(messages: number, end: number, isLast: boolean): Promise<Portion | null> {
    const tablo = [this.#tablo];
    const range = [this.#tablo, isLast ? 0 : this.#end, end];
    const count = async (sql: string, values: readonly unknown[]): Promise<number> =>
      (await this.#client.query(sql, [...values])).rowCount ?? 0;
    let [deletions, edits] = [0, 0];
    if (isLast) {
      const found = (await count(FIND_DELETED, tablo)) + (await count(FIND_EDITED, tablo));
      if (found > 0)
        await this.#quietly(async () => {
          deletions = await count(DELETE_LATE, []);
          edits = await count(EDIT_LATE, []);
          return found;
        });
    }
    const reactions = await count(REACT, range);
    const known = await count(MARK_KNOWN, [this.#tablo, end]);
    // Nobody has said that these have read to there: it follows from what comes in, and from nothing else.
    const others = messages > 0 ? await count(MARK_OTHERS, [this.#tablo, end]) : 0;
    const portion = { messages, deletions, edits, reactions, positions: known + others, end };
    return messages + edits + deletions + reactions + portion.positions === 0 ? null : portion;
  }

  async #lock(): Promise<LockedTablo> {
    const { rows } = await this.#client.query<{ epoch: number; last_seq: string }>(TABLO, [this.#tablo]);
    const [row] = rows;
    if (row === undefined) throw new Error(`the tablo ${this.#tablo} is gone`);
    const since = await this.#client.query<{ newest: string }>(NEWEST, [this.#tablo, this.#looked]);
    const newest = Math.max(this.#newest, Number(since.rows[0]?.newest ?? -1));
    return { epoch: row.epoch, lastSeq: Number(row.last_seq), newest };
  }

  async #readEnd(): Promise<number> {
    const { rows } = await this.#client.query<{ nth: string }>(
      'SELECT max(r.nth) AS nth FROM import_numbers n JOIN import_rows r ON r.id = n.id AND r.tablo = $1 WHERE n.old IS NULL',
      [this.#tablo],
    );
    return Number(rows[0]?.nth ?? 0);
  }
}
