/**
 * Reads what `compare-*.ts` compare: one tablo at a time, in a snapshot of its own, so that a server at work never looks like drift. Rows come in pages
 * from a cursor, sorted by PostgreSQL; what is in memory is one page and one live document.
 */
import type { EntryId, UserId } from '@tablo/schema/ids';
import { countUnreadSql } from '@tablo/schema/unread';
import type { Pool, PoolClient } from 'pg';
import { Comparison } from './compare-document.ts';
import { compareRows, compareTablo } from './compare-rows.ts';
import { type ReaderRecord, UnreadComparison } from './compare-unread.ts';
import { type DocumentView, readDocument } from './document-view.ts';
import type { AuditSummary, Drift, Finding } from './drift.ts';
import { AuditSession } from './pg-audit-session.ts';
import type { EntryRecord, MessageRecord, Records, TabloRecord } from './records.ts';

const TABLOS_A_PAGE = 500;
const ROWS_A_PAGE = 500;
const SEQ_BREAKS = 20;
/** Of one message: more than anybody writes or reacts, and somebody may have tried. They are compared in parts then, and what needs all of them is left out. */
const GROUP_MAX_ROWS = 20_000;
/** ms: counting or sorting a large tablo takes longer than the server's own statements may. */
const STATEMENT_MS = 600_000;
/** Of the query's own, in place of the pool's. PostgreSQL itself gives up first, and the connection can go on. */
const PATIENT = { query_timeout: STATEMENT_MS + 10_000 } as const;
/** Nothing here waits for a row; a table that is being altered is waited for so long. */
const LOCK_MS = 10_000;
/** Between two pages. */
const MAX_REST_MS = 5_000;

export interface AuditOptions {
  readonly onDrift: (drift: Drift) => void;
  /** Rests as long as each page took, for the server's other work. */
  readonly isGentle?: boolean;
  readonly signal?: AbortSignal;
  /** How long PostgreSQL may take for one statement about one tablo. */
  readonly statementMs?: number;
}

/** A tablo that cannot be looked at is a drift, and the others get their turn. Rejects when it cannot look at all. */
export async function audit(pool: Pool, options: AuditOptions): Promise<AuditSummary> {
  const { onDrift, isGentle = false, signal, statementMs = STATEMENT_MS } = options;
  const startedAt = performance.now();
  const counts = { tablos: 0, messages: 0, entries: 0, drifts: 0 };
  const session = await AuditSession.open(pool);
  let failure: Error | undefined;
  try {
    for (let after = '00000000-0000-0000-0000-000000000000', ids = ['']; ids.length > 0; after = ids.at(-1) ?? after) {
      ids = await readTabloIds(session.client, after);
      for (const id of ids) {
        signal?.throwIfAborted();
        const report = (finding: Finding): void => {
          counts.drifts += 1;
          onDrift({ tablo: id, ...finding });
        };
        counts.tablos += 1;
        try {
          const looking = { report, rest: isGentle ? rest : async () => {}, signal, statementMs };
          const seen = await auditTablo(session.client, id, looking);
          counts.messages += seen.messages;
          counts.entries += seen.entries;
          session.noteLooked();
        } catch (error) {
          signal?.throwIfAborted();
          report({ code: 'not-looked-at', id: null, detail: await session.recover(error) });
        }
      }
    }
    return { ...counts, seconds: (performance.now() - startedAt) / 1_000 };
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw failure;
  } finally {
    session.close(failure); // A transaction that failed in the middle ends with its connection.
  }
}

interface Looking {
  readonly report: (finding: Finding) => void;
  readonly rest: (ms: number) => Promise<void>;
  readonly signal: AbortSignal | undefined;
  readonly statementMs: number;
}

async function auditTablo(
  client: PoolClient,
  id: string,
  looking: Looking,
): Promise<{ messages: number; entries: number }> {
  const { report } = looking;
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(`SET LOCAL statement_timeout = ${looking.statementMs}`);
  await client.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
  // It rests between its pages, within the transaction.
  await client.query(`SET LOCAL idle_in_transaction_session_timeout = ${4 * MAX_REST_MS}`);
  const tablo = await readTablo(client, id);
  let messages = 0;
  let entries = 0;
  // Else it was deleted since the ids were read.
  if (tablo !== null) {
    for (const finding of compareTablo(tablo)) report(finding);
    const comparison = new Comparison(await readView(client, tablo), tablo.epoch);
    const unread = new UnreadComparison(tablo.lastSeq, await readReaders(client, id));
    for await (const { records, part } of readRecords(client, id, looking)) {
      if (part === 1)
        report({ code: 'not-looked-at', id: records.about, detail: `more than ${GROUP_MAX_ROWS} rows of one message` });
      if (part === null) for (const finding of compareRows(records)) report(finding);
      const compared = part === null ? records : { ...records, message: null };
      for (const finding of comparison.compare(compared)) report(finding);
      entries += records.entries.length;
      if (records.message === null) continue;
      messages += 1;
      unread.count(records.message);
    }
    for (const finding of comparison.rest()) report(finding);
    for (const finding of unread.rest()) report(finding);
  }
  // Not in a `finally`: after a failure `AuditSession` looks what can still be done with the connection.
  await client.query('ROLLBACK');
  return { messages, entries };
}

async function readTabloIds(client: PoolClient, after: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM tablos WHERE id > $1 ORDER BY id LIMIT ${TABLOS_A_PAGE}`,
    [after],
  );
  return rows.map(({ id }) => id);
}

async function readTablo(client: PoolClient, id: string): Promise<TabloRecord | null> {
  type Row = {
    epoch: number;
    last_seq: string;
    max_seq: string;
    snapshot_epoch: number | null;
    other_epochs: number[];
  };
  const { rows } = await client.query<Row>({
    text: `SELECT t.epoch, t.last_seq, coalesce((SELECT max(seq) FROM messages WHERE channel_id = t.id), 0) AS max_seq,
       (SELECT epoch FROM tablo_documents WHERE tablo_id = t.id) AS snapshot_epoch,
       coalesce((SELECT array_agg(DISTINCT u.epoch) FROM tablo_updates u WHERE u.tablo_id = t.id AND u.epoch <> t.epoch), '{}') AS other_epochs
     FROM tablos t WHERE t.id = $1`,
    values: [id],
    ...PATIENT,
  });
  const [row] = rows;
  if (row === undefined) return null;
  const breaks = await client.query<{ seq: string; before: string }>({
    text: `SELECT seq, before FROM (SELECT seq, lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS before FROM messages WHERE channel_id = $1) AS s
     WHERE seq <> before + 1 LIMIT ${SEQ_BREAKS}`,
    values: [id],
    ...PATIENT,
  });
  return {
    id,
    epoch: row.epoch,
    lastSeq: Number(row.last_seq),
    maxSeq: Number(row.max_seq),
    seqBreaks: breaks.rows.map(({ seq, before }) => ({ seq: Number(seq), before: Number(before) })),
    otherLogEpochs: row.other_epochs,
    snapshotEpoch: row.snapshot_epoch,
  };
}

async function readView(client: PoolClient, { id, epoch }: TabloRecord): Promise<DocumentView> {
  const { rows } = await client.query<{ update: Buffer; server_client: string | null }>({
    text: `SELECT NULL::bigint AS id, state AS update, server_client FROM tablo_documents WHERE tablo_id = $1 AND epoch = $2
     UNION ALL SELECT id, update, NULL FROM tablo_updates WHERE tablo_id = $1 AND epoch = $2 ORDER BY id NULLS FIRST`,
    values: [id, epoch],
    ...PATIENT,
  });
  const serverClient = rows.find(({ server_client }) => server_client !== null)?.server_client ?? null;
  const updates = rows.map(({ update }) => new Uint8Array(update));
  return readDocument(updates, serverClient === null ? null : Number(serverClient));
}

async function readReaders(client: PoolClient, id: string): Promise<readonly ReaderRecord[]> {
  type Row = { user_id: UserId; seq: string; unread: string };
  const readSeq = 'coalesce(r.last_read_seq, 0)';
  const { rows } = await client.query<Row>({
    text: `SELECT a.user_id, ${readSeq} AS seq, ${countUnreadSql('a.user_id', { id: 't.id', lastSeq: 't.last_seq', readSeq })} AS unread
     FROM (SELECT DISTINCT user_id FROM tablo_access WHERE tablo_id = $1 AND is_active) a
     JOIN tablos t ON t.id = $1 LEFT JOIN channel_read_state r ON r.channel_id = t.id AND r.user_id = a.user_id`,
    values: [id],
    ...PATIENT,
  });
  return rows.map(({ user_id, seq, unread }) => ({ id: user_id, readSeq: Number(seq), bySql: Number(unread) }));
}

/** A row of whichever of the four tables; `source` says which, and the columns that it does not have are null. */
interface Row {
  readonly source: 'entry' | 'message' | 'edit' | 'reaction';
  readonly about: EntryId;
  readonly id: EntryId;
  readonly kind: EntryRecord['kind'];
  readonly author: UserId;
  readonly target: EntryId | null;
  readonly emoji: string;
  readonly is_on: boolean | null;
  readonly sent: string;
  readonly received: string;
  readonly shown: string;
  readonly digest: string;
  readonly epoch: number | null;
  readonly text: string;
  readonly seq: string;
  readonly reply_to: EntryId | null;
  readonly edit_id: EntryId | null;
  readonly edited: string | null;
  readonly deleted: string | null;
  readonly first_text: string | null;
  readonly edit_count: number | null;
  readonly is_being_erased: boolean | null;
}

// A cursor takes no parameters; `tablo` is a UUID that PostgreSQL itself has just given.
const recordsSql = (tablo: string) => `
  SELECT 'entry' AS source, coalesce(target, id) AS about, id, kind, author, target, emoji, is_on, tablo_private.to_ms(sent_at) AS sent,
    tablo_private.to_ms(received_at) AS received, tablo_private.to_ms(shown_at) AS shown, encode(digest, 'hex') AS digest, epoch,
    NULL AS text, NULL::bigint AS seq, NULL::uuid AS reply_to, NULL::uuid AS edit_id, NULL::bigint AS edited, NULL::bigint AS deleted,
    NULL AS first_text, NULL::integer AS edit_count, NULL::boolean AS is_being_erased
  FROM tablo_entries WHERE tablo_id = '${tablo}'
  UNION ALL SELECT 'message', id, id, NULL, user_id, NULL, NULL, NULL, tablo_private.to_ms(sent_at), tablo_private.to_ms(received_at),
    tablo_private.to_ms(created_at), NULL, NULL, text, seq, reply_to, edit_id, tablo_private.to_ms(updated_at), tablo_private.to_ms(deleted_at),
    first_text, edit_count, EXISTS (SELECT FROM tablo_erasures x WHERE x.message_id = messages.id AND NOT x.rows_removed)
  FROM messages WHERE channel_id = '${tablo}'
  UNION ALL SELECT 'edit', m.id, e.id, NULL, e.user_id, NULL, NULL, NULL, NULL, NULL, tablo_private.to_ms(e.edited_at), NULL, NULL, e.text,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM messages m JOIN message_edits e ON e.message_id = m.id WHERE m.channel_id = '${tablo}'
  UNION ALL SELECT 'reaction', m.id, r.entry_id, NULL, r.user_id, NULL, r.emoji, NULL, NULL, NULL, tablo_private.to_ms(r.created_at), NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM messages m JOIN message_reactions r ON r.message_id = m.id WHERE m.channel_id = '${tablo}'
  ORDER BY about`;

/** All that speaks of one message, or the nth part of what is too much for that. */
interface Group {
  readonly records: Records;
  readonly part: number | null;
}

async function* readRecords(client: PoolClient, tablo: string, { rest, signal }: Looking): AsyncIterable<Group> {
  await client.query(`DECLARE audit NO SCROLL CURSOR FOR ${recordsSql(tablo)}`);
  let group: Row[] = [];
  let parts = 0;
  const take = (isEnd: boolean): Group => {
    if (parts > 0 || !isEnd) parts += 1;
    const taken: Group = { records: toRecords(group), part: parts === 0 ? null : parts };
    group = [];
    if (isEnd) parts = 0;
    return taken;
  };
  let about: EntryId | null = null;
  for (;;) {
    signal?.throwIfAborted();
    const startedAt = performance.now();
    const { rows } = await client.query<Row>({ text: `FETCH ${ROWS_A_PAGE} FROM audit`, ...PATIENT });
    if (rows.length === 0) break;
    for (const row of rows) {
      if (row.about !== about && group.length > 0) yield take(true);
      if (group.length >= GROUP_MAX_ROWS) yield take(false);
      about = row.about;
      group.push(row);
    }
    await rest(Math.min(performance.now() - startedAt, MAX_REST_MS));
  }
  if (group.length > 0) yield take(true);
}

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

function toRecords(group: readonly Row[]): Records {
  const of = (source: Row['source']) => group.filter((row) => row.source === source);
  return {
    about: group[0]?.about as EntryId,
    entries: of('entry').map((row) => ({
      id: row.id,
      kind: row.kind,
      author: row.author,
      target: row.target,
      emoji: row.emoji,
      isOn: row.is_on,
      sentAt: Number(row.sent),
      receivedAt: Number(row.received),
      shownAt: Number(row.shown),
      digest: row.digest,
      epoch: row.epoch,
    })),
    message: of('message').map(toMessage)[0] ?? null,
    edits: of('edit').map(({ id, author, text, shown }) => ({ id, author, text, shownAt: Number(shown) })),
    reactions: of('reaction').map(({ id, author, emoji, shown }) => ({
      entryId: id,
      author,
      emoji,
      shownAt: Number(shown),
    })),
  };
}

function toMessage(row: Row): MessageRecord {
  return {
    id: row.id,
    author: row.author,
    text: row.text,
    sentAt: Number(row.sent),
    receivedAt: Number(row.received),
    shownAt: Number(row.shown),
    seq: Number(row.seq),
    replyTo: row.reply_to,
    editId: row.edit_id,
    editedAt: row.edited === null ? null : Number(row.edited),
    deletedAt: row.deleted === null ? null : Number(row.deleted),
    firstText: row.first_text,
    editCount: row.edit_count ?? 0,
    isBeingErased: row.is_being_erased === true,
  };
}
