/**
 * The ledger on PostgreSQL. Values travel as one JSON parameter a statement: `json_to_recordset` reads it natively, and hundreds of rows cost one
 * encoding. Ids were checked to be canonical UUIDs before they get here.
 */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { parseRole } from '@tablo/schema/roles';
import type { Pool, PoolClient, QueryResult } from 'pg';
import type { KnownEntry } from '../../admission/admission.ts';
import { INVALID_PARAMETER_VALUE, LOCK_NOT_AVAILABLE } from '../../base/sqlstates.ts';
import { hostRole } from '../../db/host/host-columns.ts';
import type { AssumedStore } from './assumed.ts';
import {
  BlockedError,
  type Committed,
  type DurableEntry,
  type EntryWrite,
  type LedgerStore,
  type LockedFacts,
  type Patience,
  type Scope,
  UnansweredCommitError,
  UnstorableError,
  type Writes,
} from './ledger-store.ts';
import { type DocumentHead, headsParameter, type Missed, type MissedColumn, missedSql, readMissed } from './missed.ts';
import { PgAssumedStore } from './pg-assumed.ts';
import { moveTablo } from './pg-epochs.ts';
import { asFailure, isAnsweredNo } from './pg-failures.ts';
import { applyChanges } from './pg-ledger-changes.ts';

/** Nobody's: the nil UUID. */
const NO_TABLO = '00000000-0000-0000-0000-000000000000';

/** No statement is given less than this. */
const MIN_STATEMENT_MS = 10;

// [R9] Every row is reached by a key. Left to guess how many rows a JSON parameter and a young table have, the planner reads whole tables, or indexes, and joins them in
// memory, as long as that seems cheap: the cost would grow with history until it does not.
const BY_KEY = ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin', 'material', 'memoize']
  .map((way) => `SET LOCAL enable_${way} = off;`)
  .join(' ');

/** For the triggers that note what others change or delete by SQL: what the ledger does, it notes itself. */
const OWN_WORK = `SET LOCAL tablo_chat.ledger = 'yes';`;

// Several statements in one trip take no parameters; the ids are canonical UUIDs, by their type. A shared transaction takes the rows that are free; what it
// then lacks of those that exist is held by somebody.
const lockSql = (tablos: Iterable<TabloId>, patience: Patience): string => {
  const wanted = `'${uuidArray(tablos)}'::uuid[]`;
  return `BEGIN; ${BY_KEY} ${OWN_WORK} SET LOCAL lock_timeout = ${patience.ms}; SET LOCAL statement_timeout = ${patience.ms};
    SELECT id, epoch, last_seq, deleted_at IS NOT NULL AS is_deleted FROM tablos WHERE id = ANY(${wanted})
      ORDER BY id FOR NO KEY UPDATE${patience.waitsForLocks ? '' : ' SKIP LOCKED'};
    SELECT id FROM tablos WHERE id = ANY(${wanted})`;
};

// Deferred triggers run in a statement of their own: inside COMMIT no timeout holds for them (PostgreSQL, `finish_xact_command`), and one slow rule of the host's about one tablo
// would hold the shared transaction for ever.
const commitSql = (ms: string): string => `SET LOCAL statement_timeout = ${ms}; SET CONSTRAINTS ALL IMMEDIATE; COMMIT`;

// The time that is left is for the statement after this one. Every look-up is one by key, or of at most as many rows as admission allows [R9]. A condition beside the key
// stands outside of the look-up: inside, an index of just the rows that meet it would do too.
const FACTS = `SELECT set_config('statement_timeout', $4, true),
  (SELECT coalesce(json_agg(json_build_array(a.tablo_id, a.user_id, ${hostRole('a.role')})), '[]')
    FROM json_to_recordset($1) AS wanted("tabloId" uuid, "userId" uuid)
    JOIN tablo_access a ON a.tablo_id = wanted."tabloId" AND a.user_id = wanted."userId" AND a.is_active) AS roles,
  (SELECT coalesce(json_agg(json_build_array(e.id, e.tablo_id, e.kind, e.author, encode(e.digest, 'hex'),
      tablo_private.to_ms(e.sent_at), tablo_private.to_ms(e.shown_at), m.seq, m.edit_count)), '[]')
    FROM tablo_entries e LEFT JOIN LATERAL (
      SELECT seq, edit_count, deleted_at FROM messages WHERE id = e.id OFFSET 0
    ) m ON m.deleted_at IS NULL WHERE e.id = ANY($2::uuid[])) AS entries,
  (SELECT coalesce(json_agg(json_build_array(wanted."messageId", wanted."userId",
      (SELECT json_agg(k.emoji) FROM tablo_reaction_kinds k WHERE k.message_id = wanted."messageId"),
      (SELECT json_agg(v.emoji) FROM tablo_votes v WHERE v.message_id = wanted."messageId" AND v.user_id = wanted."userId"))), '[]')
    FROM json_to_recordset($3) AS wanted("messageId" uuid, "userId" uuid)) AS reactions,
  (SELECT coalesce(json_agg(json_build_array(c.tablo_id, c.epoch, c.client_id, c.user_id)), '[]')
    FROM json_to_recordset($5) AS asked("tabloId" uuid, epoch integer, client bigint)
    JOIN tablo_clients c ON c.tablo_id = asked."tabloId" AND c.epoch = asked.epoch AND c.client_id = asked.client) AS clients,
  ${missedSql('$6')} AS missed, pg_current_xact_id_if_assigned()::text AS xact`;

// Every column of a message is named: in a table of the host's, `updated_at` may be now() where nobody says what it is.
const WRITE = `WITH e AS (
    SELECT r.*, tablo_private.from_ms(r.sent) AS sent_at, tablo_private.from_ms(r.received) AS received_at,
      tablo_private.from_ms(r.shown) AS shown_at
    FROM json_to_recordset($1) AS r(id uuid, tablo uuid, epoch integer, kind text, author uuid, target uuid, emoji text, is_on boolean,
      sent bigint, received bigint, shown bigint, digest text, seq bigint, text text, reply_to uuid)
  ), entries AS (
    INSERT INTO tablo_entries (id, tablo_id, epoch, kind, author, target, emoji, is_on, sent_at, received_at, shown_at, digest)
    SELECT id, tablo, epoch, kind, author, target, emoji, is_on, sent_at, received_at, shown_at, decode(digest, 'hex') FROM e
  ), rows AS (
    INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, reply_to, updated_at, deleted_at)
    SELECT id, tablo, author, text, shown_at, sent_at, received_at, seq, reply_to, NULL, NULL FROM e WHERE kind = 'message'
  ), counts AS (
    UPDATE tablos SET last_seq = newest.seq
    FROM (SELECT tablo, max(seq) AS seq FROM e WHERE seq IS NOT NULL GROUP BY tablo) AS newest WHERE tablos.id = newest.tablo
  )
  INSERT INTO tablo_updates (tablo_id, epoch, update)
  SELECT u.tablo, u.epoch, decode(u.update, 'base64')
  FROM ROWS FROM (json_to_recordset($2) AS (tablo uuid, epoch integer, update text)) WITH ORDINALITY AS u(tablo, epoch, update, nth)
  ORDER BY nth RETURNING id`;

// A row that is gone by the end of the same transaction: the disk, the WAL and the right to write are all asked.
const PROBE = `INSERT INTO tablo_updates (tablo_id, epoch, update) VALUES ('${NO_TABLO}', 0, ''); DELETE FROM tablo_updates WHERE tablo_id = '${NO_TABLO}'`;

// The lock waits for a transaction that is still committing. What it has written may have been written by another server since, for a client that has gone there: so PostgreSQL is
// asked about the transaction itself. Its rows are looked for as well, by content: a standby that took over may give the same numbers to others.
const FATE_OF_TRANSACTION = 'SELECT pg_xact_status($1::text::xid8) AS status';
const FATE_LOCK = 'SELECT FROM tablos WHERE id = $1 FOR SHARE';
const FATE_OF_UPDATE = `SELECT FROM tablo_updates WHERE id = $1 AND tablo_id = $2 AND epoch = $3 AND update = $4`;
const FATE_OF_MOVE = `SELECT FROM tablos WHERE id = $1 AND epoch > $2`;
const FATE_OF_ENTRY = `SELECT FROM tablo_entries WHERE id = $1 AND tablo_id = $2 AND digest = decode($3, 'hex')`;
/** One would do, if nobody deleted a tablo meanwhile. */
const MAX_WITNESSES = 16;

/** A row that is there if the transaction was committed. */
interface Witness {
  readonly tabloId: TabloId;
  readonly query: string;
  readonly values: readonly unknown[];
}

/**
 * One row a tablo. The log of a tablo that moves in the same transaction is gone with it, and its epoch tells; a log row may have gone into another server's snapshot,
 * so where there is an entry, that tells.
 */
function witnessesOf({ updates, entries, moves }: Writes, { updateIds }: Committed): readonly Witness[] {
  const byTablo = new Map<TabloId, Witness>();
  for (const { tabloId, from } of moves)
    byTablo.set(tabloId, { tabloId, query: FATE_OF_MOVE, values: [tabloId, from] });
  for (const { tabloId, entry, digest } of entries) {
    if (byTablo.has(tabloId)) continue;
    byTablo.set(tabloId, { tabloId, query: FATE_OF_ENTRY, values: [entry.id, tabloId, digest] });
  }
  for (const [index, { tabloId, epoch, update }] of updates.entries()) {
    if (byTablo.has(tabloId)) continue;
    const values = [String(updateIds[index]), tabloId, epoch, Buffer.from(update)];
    byTablo.set(tabloId, { tabloId, query: FATE_OF_UPDATE, values });
  }
  return [...byTablo.values()].slice(0, MAX_WITNESSES);
}

interface TabloRow {
  readonly id: TabloId;
  readonly epoch: number;
  readonly last_seq: string;
  readonly is_deleted: boolean;
}

interface FactsRow {
  readonly roles: readonly [tablo: TabloId, user: UserId, role: string][];
  readonly entries: readonly [
    EntryId,
    TabloId,
    KnownEntry['kind'],
    UserId,
    digest: string,
    sentAt: number,
    shownAt: number,
    /** Of a message that is not deleted, and how often it was edited. */
    seq: number | null,
    edits: number | null,
  ][];
  readonly reactions: readonly [EntryId, UserId, emoji: readonly string[] | null, own: readonly string[] | null][];
  readonly clients: readonly [tablo: TabloId, epoch: number, client: number, owner: UserId][];
  readonly missed: MissedColumn;
  /** Of this transaction; null: nothing was locked. */
  readonly xact: string | null;
}

export class PgLedgerStore implements LedgerStore {
  readonly #pool: Pool;
  readonly #readers: Pool;
  readonly assumed?: AssumedStore;

  /**
   * `readers`: for questions, of which there may be many. A commit must not wait behind them. `hasty`: for the short way, `PgAssumedStore`; without it there is none.
   */
  constructor(pool: Pool, { readers = pool, hasty }: { readonly readers?: Pool; readonly hasty?: Pool } = {}) {
    this.#pool = pool;
    this.#readers = readers;
    if (hasty !== undefined) this.assumed = new PgAssumedStore(hasty, pool);
  }

  async transact(scope: Scope, decide: (facts: LockedFacts) => Writes, patience: Patience): Promise<Committed> {
    return await this.#unlessAnswered(() => this.#transact(scope, decide, patience));
  }

  async #transact(scope: Scope, decide: (facts: LockedFacts) => Writes, patience: Patience): Promise<Committed> {
    return await this.#withClient(async (client) => {
      const clock = createClock(patience);
      const { facts, xact } = await readFacts(client, scope, patience, clock);
      const writes = decide(facts);
      const committed = await write(client, writes, clock);
      await client.query(commitSql(clock.left())).catch((error: unknown) => {
        throw this.#asCommitFailure(asFailure(error), writes, committed, xact);
      });
      return committed;
    });
  }

  async probe(): Promise<void> {
    await this.#pool.query(PROBE);
  }

  async findDurable(tablo: TabloId, author: UserId, ids: readonly EntryId[]): Promise<readonly DurableEntry[]> {
    const { rows } = await this.#readers.query<{ id: EntryId; shown: string | null }>({
      name: 'ledger-durable',
      text: `SELECT id, CASE WHEN shown_at <> sent_at THEN tablo_private.to_ms(shown_at) END AS shown
        FROM tablo_entries WHERE id = ANY($3::uuid[]) AND tablo_id = $1 AND author = $2`,
      values: [tablo, author, uuidArray(ids)],
    });
    return rows.map(({ id, shown }) => ({ id, shownAt: shown === null ? null : Number(shown) }));
  }

  /** An error whose name says that the database is in trouble may be one row's all the same: a rule of the host's that asks another database, a damaged page. Whether others' writes are stored tells. */
  async #unlessAnswered<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!isAnsweredNo(error) || !(await this.#canStore())) throw error;
      throw new BlockedError((error as Error).message, { cause: error });
    }
  }

  async #canStore(): Promise<boolean> {
    return await this.probe().then(
      () => true,
      () => false,
    );
  }

  /** Without an entry or a row in the log there is nothing whose fate matters: an epoch that has moved does not move again. */
  #asCommitFailure(failure: Error, writes: Writes, committed: Committed, xact: string | null): Error {
    // Answered with a no, it is rolled back.
    const isAnswered = failure instanceof UnstorableError || failure instanceof BlockedError || isAnsweredNo(failure);
    if (isAnswered || writes.updates.length === 0) return failure;
    const witnesses = witnessesOf(writes, committed);
    return new UnansweredCommitError(failure, async () => {
      const isCommitted = await this.#isCommitted(xact, witnesses);
      if (isCommitted === null) return 'unknown';
      return isCommitted ? committed : null;
    });
  }

  /** Null: this database cannot say. */
  async #isCommitted(xact: string | null, witnesses: readonly Witness[]): Promise<boolean | null> {
    return await this.#withClient(async (client) => {
      await client.query('BEGIN');
      let isFound = false;
      for (const { tabloId, query, values } of witnesses) {
        await client.query(FATE_LOCK, [tabloId]);
        isFound = (await client.query(query, [...values])).rowCount === 1;
        if (isFound) break;
      }
      const status = xact === null ? null : await statusOf(client, xact);
      await client.query('ROLLBACK');
      if (xact === null) return isFound;
      if (status === 'aborted') return false;
      // A row of the log that tells alone may have gone into another server's snapshot; and the number may be another transaction's.
      return status === 'committed' && isFound ? true : null;
    });
  }

  async #withClient<T>(act: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let failure: Error | undefined;
    try {
      return await act(client);
    } catch (error) {
      const thrown = asFailure(error);
      // Answered with a no, the connection is well: only its transaction has ended. Otherwise it is in an unknown state, and ends with its transaction.
      const isWell = thrown instanceof BlockedError || thrown instanceof UnstorableError;
      if (!isWell || !(await isRolledBack(client))) failure = thrown;
      throw thrown;
    } finally {
      client.release(failure);
    }
  }
}

/** ms that are left for the next statement, as `statement_timeout` takes them. */
interface Clock {
  left(): string;
  /** The statement before took so long that the limit that was set with it is too high for the next one. */
  isBehind(): boolean;
}

function createClock({ waitsForLocks, ms }: Patience): Clock {
  const end = performance.now() + ms;
  const leftMs = (): number => (waitsForLocks ? ms : Math.max(MIN_STATEMENT_MS, Math.round(end - performance.now())));
  let given = ms;
  return {
    left: () => {
      given = leftMs();
      return String(given);
    },
    isBehind: () => given - leftMs() > MIN_STATEMENT_MS,
  };
}

/** Null: this database has never given that number, as after a failover to an earlier state, or has forgotten what became of it. */
async function statusOf(client: PoolClient, xact: string): Promise<'committed' | 'aborted' | null> {
  const asked = client.query<{ status: string | null }>(FATE_OF_TRANSACTION, [xact]);
  const { rows } = await asked.catch((error: { code?: unknown }) => {
    if (error.code !== INVALID_PARAMETER_VALUE) throw error;
    return { rows: [] };
  });
  const status = rows[0]?.status ?? null;
  if (status !== null && status !== 'committed' && status !== 'aborted')
    throw new Error(`the fate of a transaction is not known: ${status}`);
  return status;
}

async function isRolledBack(client: PoolClient): Promise<boolean> {
  return await client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

async function begin(
  client: PoolClient,
  tablos: Iterable<TabloId>,
  patience: Patience,
): Promise<ReadonlyMap<TabloId, TabloRow>> {
  const answer = client.query(lockSql(tablos, patience)).catch((error: Error & { code?: unknown }) => {
    if (error.code !== LOCK_NOT_AVAILABLE) throw error;
    throw new BlockedError('Somebody holds rows of tablos.', { cause: error, tablos: new Set(tablos) });
  });
  const results = (await answer) as unknown as readonly QueryResult<TabloRow>[];
  const [locked = [], existing = []] = results.slice(-2).map(({ rows }) => rows);
  const rows = new Map(locked.map((row) => [row.id, row]));
  const held = existing.filter(({ id }) => !rows.has(id)).map(({ id }) => id);
  if (held.length > 0) throw new BlockedError('Somebody holds rows of tablos.', { tablos: new Set(held) });
  return rows;
}

async function readFacts(
  client: PoolClient,
  scope: Scope,
  patience: Patience,
  clock: Clock,
): Promise<{ readonly facts: LockedFacts; readonly xact: string | null }> {
  const tablos = await begin(client, scope.tablos, patience);
  // Only now: under READ COMMITTED a statement that starts after the lock sees all that earlier holders committed.
  const { rows } = await client.query<FactsRow>({
    name: 'ledger-facts',
    text: FACTS,
    values: [
      JSON.stringify(scope.members),
      uuidArray(scope.entries),
      JSON.stringify(scope.reactions),
      clock.left(),
      JSON.stringify(scope.clients),
      headsParameter(scope.documents),
    ],
  });
  const roles = new Map((rows[0]?.roles ?? []).map(([tablo, user, role]) => [`${tablo} ${user}`, parseRole(role)]));
  const entries = new Map<EntryId, KnownEntry>();
  const seqs = new Map<EntryId, number | null>();
  const edits = new Map<EntryId, number>();
  for (const [id, tabloId, kind, author, digest, sentAt, shownAt, seq, edited] of rows[0]?.entries ?? []) {
    entries.set(id, { tabloId, kind, author, digest, sentAt, shownAt });
    seqs.set(id, seq);
    edits.set(id, edited ?? 0);
  }
  const emoji = new Map<EntryId, ReadonlySet<string>>();
  const ownEmoji = new Map<string, ReadonlySet<string>>();
  for (const [message, user, all, own] of rows[0]?.reactions ?? []) {
    emoji.set(message, new Set(all));
    ownEmoji.set(`${message} ${user}`, new Set(own));
  }
  const clients = new Map(
    (rows[0]?.clients ?? [])
      .filter(([tablo, epoch]) => tablos.get(tablo)?.epoch === epoch)
      .map(([tablo, , client, owner]) => [`${tablo} ${client}`, owner]),
  );
  const missed: ReadonlyMap<DocumentHead, Missed> = readMissed(scope.documents, rows[0]?.missed ?? []);
  const facts: LockedFacts = {
    missedBy: (document) => missed.get(document) ?? null,
    entry: (id) => entries.get(id),
    epoch: (tablo) => {
      const row = tablos.get(tablo);
      return row === undefined || row.is_deleted ? null : row.epoch;
    },
    documentEpoch: (tablo) => tablos.get(tablo)?.epoch ?? null,
    role: (tablo, user) => roles.get(`${tablo} ${user}`) ?? null,
    clientOwner: (tablo, client) => clients.get(`${tablo} ${client}`) ?? null,
    lastSeq: (tablo) => Number(tablos.get(tablo)?.last_seq ?? 0),
    seqOf: (id) => seqs.get(id) ?? null,
    emojiOn: (message) => emoji.get(message) ?? NONE,
    ownEmojiOn: (message, user) => ownEmoji.get(`${message} ${user}`) ?? NONE,
    editsOf: (message) => edits.get(message) ?? 0,
  };
  return { facts, xact: rows[0]?.xact ?? null };
}

const NONE: ReadonlySet<string> = new Set();

async function write(client: PoolClient, writes: Writes, clock: Clock): Promise<Committed> {
  const { entries, updates, moves } = writes;
  let updateIds: bigint[] = [];
  const limit = () => client.query(`SET LOCAL statement_timeout = ${clock.left()}`);
  if (clock.isBehind()) await limit();
  if (updates.length > 0) {
    const logged = updates.map(({ tabloId, epoch, update }) => ({ tablo: tabloId, epoch, update: base64(update) }));
    const { rows } = await client.query<{ id: string }>({
      name: 'ledger-write',
      text: WRITE,
      values: [JSON.stringify(entries.map(entryRow)), JSON.stringify(logged)],
    });
    updateIds = rows.map(({ id }) => BigInt(id));
  }
  const query = async (name: string, text: string, values: unknown[]): Promise<void> => {
    await limit();
    await client.query({ name, text, values });
  };
  await applyChanges(query, writes);
  for (const move of moves) {
    await limit();
    await moveTablo(client, move);
  }
  return { updateIds };
}

function entryRow({ tabloId, epoch, entry, digest, receivedAt, shownAt, seq }: EntryWrite): Record<string, unknown> {
  return {
    id: entry.id,
    tablo: tabloId,
    epoch,
    kind: entry.kind,
    author: entry.author,
    sent: entry.sentAt,
    received: receivedAt,
    shown: shownAt,
    digest,
    seq,
    ...(entry.kind === 'message' ? { text: entry.text, reply_to: entry.replyTo } : { target: entry.target }),
    ...(entry.kind === 'reaction' ? { emoji: entry.emoji, is_on: entry.on } : {}),
  };
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
const uuidArray = (ids: Iterable<string>): string => `{${[...ids].join(',')}}`;
