/** The connection of an import: what has to hold of the database before anything is read, and what is asked and stored that is not one tablo's. */
import type { TabloId } from '@tablo/schema/ids';
import { DatabaseClient } from '../../db/database-client.ts';
import { findHidden } from '../../db/host/row-security.ts';
import { findUnapplied } from '../../db/migration-files.ts';
import { assertOwnConnections } from '../../db/pooler.ts';
import { assertWritable } from '../../db/reach-database.ts';
import { ImportError } from '../file/import-error.ts';
import type { Channel } from '../mapping/map-others.ts';
import type { Person } from '../mapping/people.ts';

const NOT_OURS = 'This database has no tables of Tablo Chat. Start the server on it once (npm start), and import then.';
const OLDER =
  'This database is of an earlier release. Start the server of this release on it once (npm start), and import then.';
const BUSY = 'Another import is at work on this database.';
/** Ours among advisory locks; those of the migrations and of the audit are others. It ends with the connection, however the process ends. */
const IMPORT_LOCK = 7_461_626_012_450;

const FIND_TABLOS = `SELECT t.id, t.deleted_at IS NOT NULL AS is_deleted,
    EXISTS (SELECT FROM tablo_access a WHERE a.tablo_id = t.id AND a.is_active AND a.role::text = 'owner') AS has_owner,
    EXISTS (SELECT FROM tablo_access a WHERE a.tablo_id = t.id) AS has_members,
    EXISTS (SELECT FROM tablo_entries e WHERE e.tablo_id = t.id AND e.kind = 'message' AND e.epoch <> 0) AS has_own_messages
  FROM tablos t WHERE t.id = ANY($1::uuid[])`;

// Never over what a token or the host has said, and nothing is written where nothing changes.
const NAME_PEOPLE = `INSERT INTO chat_profiles AS p (user_id, name, avatar_url)
  SELECT id, min(name), min("avatarUrl") FROM json_to_recordset($1) AS r(id uuid, name text, "avatarUrl" text) WHERE name IS NOT NULL OR "avatarUrl" IS NOT NULL GROUP BY id
  ON CONFLICT (user_id) DO UPDATE SET name = coalesce(p.name, excluded.name), avatar_url = coalesce(p.avatar_url, excluded.avatar_url)
    WHERE (p.name IS NULL AND excluded.name IS NOT NULL) OR (p.avatar_url IS NULL AND excluded.avatar_url IS NOT NULL)`;

// Where a host says in a column of its own who runs a tablo, it is who made the channel.
const HAS_OWNER_ID = `SELECT FROM pg_attribute WHERE attrelid = 'public.tablos'::regclass AND attname = 'owner_id' AND NOT attisdropped AND attgenerated = ''
  AND atttypid = 'uuid'::regtype`;
const makeTablo = (
  hasOwnerId: boolean,
): string => `INSERT INTO tablos (id, name, created_by, created_at${hasOwnerId ? ', owner_id' : ''})
  SELECT $1, $2, $3, least(tablo_private.from_ms($4), now())${hasOwnerId ? ', $3' : ''} WHERE NOT EXISTS (SELECT FROM tablos WHERE id = $1)`;

// A row that is there stays as it is: who was removed, stays removed. One owner: Stream's is the channel's creator, and the tablo may have one.
const ADD_MEMBERS = `WITH members AS (
    SELECT i.member, min(i.since) AS since, max(tablo_private.role_rank(i.role)) AS rank FROM import_members i JOIN import_channels c ON c.cid = i.cid AND c.tablo = $1 GROUP BY i.member
  ), ranked AS (
    SELECT m.*, EXISTS (SELECT FROM tablo_access a WHERE a.tablo_id = $1 AND a.is_active AND a.role::text = 'owner') AS has_owner,
      row_number() OVER (ORDER BY m.rank DESC, m.since NULLS LAST, m.member) AS place, max(m.rank) OVER () AS highest FROM members m
  )
  INSERT INTO tablo_access (tablo_id, user_id, role, created_at)
  SELECT $1, r.member, CASE WHEN NOT r.has_owner AND r.place = 1 AND (r.highest = tablo_private.role_rank('owner') OR $2) THEN 'owner'
      WHEN r.rank >= tablo_private.role_rank('admin') THEN 'admin' WHEN r.rank >= tablo_private.role_rank('member') THEN 'member' ELSE 'guest' END,
    coalesce(tablo_private.from_ms(r.since), now())
  FROM ranked r WHERE NOT EXISTS (SELECT FROM tablo_access a WHERE a.tablo_id = $1 AND a.user_id = r.member)`;

const STRANGERS = `SELECT c.tablo, count(DISTINCT i.member)::int AS members FROM import_members i JOIN import_channels c ON c.cid = i.cid
  WHERE NOT EXISTS (SELECT FROM tablo_access a WHERE a.tablo_id = c.tablo AND a.user_id = i.member AND a.is_active) GROUP BY c.tablo`;

export interface FoundTablo {
  readonly id: TabloId;
  readonly is_deleted: boolean;
  readonly has_owner: boolean;
  /** Whether the host has said anything of who belongs to it. */
  readonly has_members: boolean;
  readonly has_own_messages: boolean;
}

export interface SessionOptions {
  /** Looks only. */
  readonly isDryRun: boolean;
}

/** Throws an `ImportError` where the database is not one to import into. */
export async function openImportSession(url: string, { isDryRun }: SessionOptions): Promise<ImportSession> {
  await assertOwnConnections(url, assertWritable);
  const client = new DatabaseClient({
    connectionString: url,
    application_name: 'tablo-chat import',
    statement_timeout: 0,
    keepAlive: true,
  });
  client.on('error', () => {}); // The query under way is rejected as well.
  await client.connect();
  try {
    const unapplied = await findUnapplied(client);
    if (unapplied === 'all') throw new ImportError(NOT_OURS);
    if (unapplied === 'some') throw new ImportError(OLDER);
    const hidden = await findHidden(client);
    if (hidden !== null) throw new ImportError(hidden);
    if (!isDryRun && !(await isAlone(client))) throw new ImportError(BUSY);
    // Old messages are no news: a host's back end is not told of them (0015).
    await client.query(`SET tablo_chat.webhooks = 'off'`);
    return new ImportSession(client);
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

async function isAlone(client: DatabaseClient): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>(`SELECT pg_try_advisory_lock(${IMPORT_LOCK}) AS has`);
  return rows[0]?.has === true;
}

export class ImportSession {
  readonly client: DatabaseClient;

  constructor(client: DatabaseClient) {
    this.client = client;
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => {}); // What was committed is, and the temporary tables go with the connection.
  }

  async findTablos(ids: readonly string[]): Promise<ReadonlyMap<string, FoundTablo>> {
    const { rows } = await this.client.query<FoundTablo>(FIND_TABLOS, [`{${ids.join(',')}}`]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** A table of the operator's in this database, of two columns. */
  async readTable(
    name: string,
    columns: readonly [from: string, to: string],
  ): Promise<readonly [string, string | null][]> {
    const found = await this.client
      .query<{ name: string | null }>('SELECT to_regclass($1)::text AS name', [name])
      .catch(() => null);
    const quoted = found?.rows[0]?.name ?? null;
    if (quoted === null) throw new ImportError(`There is no table ${name} in this database.`);
    const [from, to] = columns;
    const { rows } = await this.client
      .query<{ from: string | null; to: string | null }>(
        `SELECT ${from}::text AS "from", ${to}::text AS "to" FROM ${quoted} WHERE ${from} IS NOT NULL`,
      )
      .catch((error: Error) => {
        throw new ImportError(
          `The table ${name} cannot be read: it needs the columns ${from} and ${to} (${error.message}).`,
        );
      });
    return rows.map((row) => [row.from ?? '', row.to]);
  }

  async namePeople(people: Iterable<Person>): Promise<number> {
    const rows = [...people].map(({ id, name, avatarUrl }) => ({ id, name, avatarUrl }));
    return (await this.client.query(NAME_PEOPLE, [JSON.stringify(rows)])).rowCount ?? 0;
  }

  async makeTablo(id: TabloId, channel: Channel, name: string): Promise<boolean> {
    const values = [id, name, channel.creator?.id ?? null, channel.createdAt];
    const sql = makeTablo(((await this.client.query(HAS_OWNER_ID)).rowCount ?? 0) > 0);
    return (await asHostRule('tablos', () => this.client.query(sql, values))).rowCount === 1;
  }

  /** `needsOwner`: the tablo was made here, and is not to be left without one. */
  async addMembers(id: TabloId, needsOwner: boolean): Promise<number> {
    return (await asHostRule('tablo_access', () => this.client.query(ADD_MEMBERS, [id, needsOwner]))).rowCount ?? 0;
  }

  /** How many of the file's members do not belong to the tablo they would. */
  async countStrangers(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.client.query<{ tablo: string; members: number }>(STRANGERS);
    return new Map(rows.map(({ tablo, members }) => [tablo, members]));
  }

  async analyze(): Promise<void> {
    await this.client.query('ANALYZE messages, tablo_entries, tablo_votes, message_reactions');
  }
}

const INSTEAD: Readonly<Record<string, string>> = {
  tablos: 'Make the tablo yourself, and name it by --channels',
  tablo_access: 'Add the members yourself, and give --members=keep',
};
const BY_ITSELF = 'Change the rule or the file, and start the import again: it goes on after what is stored';

/** A host's rules for its own tables are said with what to do instead. `table`: where the error does not name one. */
export async function asHostRule<T>(table: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const { code, table: named } = error as { code?: unknown; table?: unknown };
    // Integrity constraints, and what triggers raise.
    if (typeof code !== 'string' || !/^(23...|P0001|22...)$/.test(code)) throw error;
    const refusing = typeof named === 'string' && named !== '' ? named : table;
    throw new ImportError(
      `The database has a rule for ${refusing} that refuses this row: ${(error as Error).message}. ${INSTEAD[table] ?? BY_ITSELF}.`,
    );
  }
}
