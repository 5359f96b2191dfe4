/** Tablos as REST lists them, created, renamed and deleted. */
import { randomUUID } from 'node:crypto';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { PREVIEW_CODE_POINTS, type RestChannel } from '@tablo/schema/rest/channel';
import { err, ok, type Result } from '@tablo/schema/result';
import { highestRole, type Role } from '@tablo/schema/roles';
import type { Pool, PoolClient } from 'pg';
import type { RestBounds } from '../../config/rest-bounds.ts';
import { hostName } from '../../db/host/host-columns.ts';
import { type RestRefusal, refusal } from '../base/app-error.ts';
import { type Cursor, cutPage, fromUs, toUs } from '../base/page-query.ts';
import { plainTime } from '../base/plain-time.ts';
import { toIso } from '../base/rest-time.ts';
import { refuseDelete, refuseRename } from './member-rules.ts';
import { refuseTablo } from './pg-room.ts';
import { lockStanding } from './pg-standing.ts';
import { transaction } from './pg-transaction.ts';
import { countUnread, OWN_TABLOS, OwnMarks } from './pg-unread.ts';

export interface Page {
  readonly cursor?: Cursor | undefined;
  readonly limit: number;
}

const OWN = `SELECT s.id, s.name, s.roles, s.epoch, s.last_seq, s.read_seq, s.created_ms, last.id AS message_id,
    coalesce(last.created_at, s.created_at) AS active_at
  FROM (${OWN_TABLOS}) s
  LEFT JOIN LATERAL (
    SELECT m.id, m.created_at FROM messages m
    WHERE m.channel_id = s.id AND m.deleted_at IS NULL ORDER BY m.created_at DESC, m.id DESC LIMIT 1
  ) last ON true`;

// [R9] One index probe for each of the user's tablos, the newest message that is not deleted, says where it stands in the list; what is unread and
// the preview are read for the page alone.
const shown = (page: string, order = 'page.active_at DESC, page.id'): string => `WITH page AS (${page})
  SELECT page.*, ${toUs('page.active_at')} AS us, unread.count AS unread_count, m.user_id AS message_user_id,
    (SELECT p.name FROM chat_profiles p WHERE p.user_id = m.user_id LIMIT 1) AS message_user_name,
    left(m.text, ${PREVIEW_CODE_POINTS}) AS message_text, tablo_private.to_ms(m.created_at) AS message_created_ms
  FROM page LEFT JOIN messages m ON m.id = page.message_id CROSS JOIN LATERAL (${countUnread('$1', 'page')}) unread
  ORDER BY ${order}`;
const LIST = shown(`SELECT * FROM (${OWN}) own
  WHERE $2::bigint IS NULL OR own.active_at < ${fromUs('$2')} OR (own.active_at = ${fromUs('$2')} AND own.id > $3::uuid)
  ORDER BY own.active_at DESC, own.id LIMIT $4`);
const FIND = shown(`${OWN} WHERE s.id = $2`);

// [R9] For a host's back end, which reads all of them page by page: in the order of their key, so that a page costs the same wherever it lies, and however many there are.
// It has no unread messages, and it may do what an owner may.
const ALL = `SELECT t.id, ${hostName('t.name')} AS name, ARRAY['owner'] AS roles, t.epoch, t.last_seq, t.last_seq AS read_seq,
    tablo_private.to_ms(${plainTime('t.created_at')}) AS created_ms, last.id AS message_id, ${plainTime('t.created_at')} AS active_at
  FROM (
    SELECT t.id, t.name, t.epoch, t.last_seq, t.created_at FROM tablos t
    WHERE t.deleted_at IS NULL AND t.id > coalesce($2::uuid, $1::uuid) ORDER BY t.id LIMIT $3
  ) t
  LEFT JOIN LATERAL (
    SELECT m.id FROM messages m WHERE m.channel_id = t.id AND m.deleted_at IS NULL ORDER BY m.created_at DESC, m.id DESC LIMIT 1
  ) last ON true`;
const LIST_ALL = shown(ALL, 'page.id');
/** Below every id. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const EXISTS = 'SELECT FROM tablos WHERE id = $1 AND deleted_at IS NULL';

// Where a host says who runs a tablo: whoever makes one here runs it there too.
const OWN_COLUMNS = `SELECT c.relname AS table, a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
  WHERE c.oid IN ('public.tablos'::regclass, 'public.tablo_access'::regclass) AND NOT a.attisdropped AND a.attgenerated = ''
    AND (c.relname, a.attname, t.typname) IN (('tablos', 'owner_id', 'uuid'), ('tablo_access', 'is_admin', 'bool'))`;

interface Row {
  readonly id: TabloId;
  readonly name: string;
  readonly roles: readonly string[];
  readonly epoch: number;
  readonly last_seq: string;
  readonly read_seq: string;
  readonly created_ms: string;
  /** The time of the newest message, or else of the tablo's creation, in microseconds. */
  readonly us: string;
  readonly unread_count: string;
  readonly message_id: string | null;
  readonly message_user_id: string;
  readonly message_user_name: string | null;
  readonly message_text: string;
  readonly message_created_ms: string;
}

export class PgChannels {
  readonly #pool: Pool;
  readonly #bounds: RestBounds;
  readonly #marks: OwnMarks;

  constructor(pool: Pool, bounds: RestBounds) {
    this.#pool = pool;
    this.#marks = new OwnMarks(pool);
    this.#bounds = bounds;
  }

  /** The caller's tablos, the latest activity first. */
  async list(userId: UserId, { cursor, limit }: Page): Promise<{ channels: RestChannel[]; cursor: string | null }> {
    const { rows } = await this.#pool.query<Row>({
      name: 'channels-list',
      text: LIST,
      values: [userId, cursor?.us ?? null, cursor?.id ?? null, limit + 1],
    });
    await this.#marks.make(userId, rows);
    const page = cutPage(rows, limit);
    return { channels: page.rows.map(toChannel), cursor: page.cursor };
  }

  /** All there are, by their ids. */
  async listAll({ cursor, limit }: Page): Promise<{ channels: RestChannel[]; cursor: string | null }> {
    const values = [NOBODY, cursor?.id ?? null, limit + 1];
    const { rows } = await this.#pool.query<Row>({ name: 'channels-list-all', text: LIST_ALL, values });
    const page = cutPage(rows, limit);
    return { channels: page.rows.map(toChannel), cursor: page.cursor };
  }

  async exists(tabloId: TabloId): Promise<boolean> {
    const { rowCount } = await this.#pool.query({ name: 'channels-exists', text: EXISTS, values: [tabloId] });
    return rowCount !== 0;
  }

  /** `null`: not the caller's. */
  async find(userId: UserId, tabloId: TabloId): Promise<RestChannel | null> {
    const { rows } = await this.#pool.query<Row>({
      name: 'channels-find',
      text: FIND,
      values: [userId, tabloId],
    });
    await this.#marks.make(userId, rows);
    return rows[0] === undefined ? null : toChannel(rows[0]);
  }

  create(userId: UserId, name: string): Promise<Result<TabloId, RestRefusal>> {
    const id = randomUUID() as TabloId;
    return transaction(this.#pool, async (client): Promise<Result<TabloId, RestRefusal>> => {
      const refused = await refuseTablo(client, this.#bounds, userId);
      if (refused !== null) return err(refused);
      const own = await readOwnColumns(client);
      await client.query(insertOf('tablos', ['id', 'name', 'created_by', ...own.tablos]), [
        ...[id, name, userId],
        ...own.tablos.map(() => userId),
      ]);
      await client.query(insertOf('tablo_access', ['tablo_id', 'user_id', 'role', 'is_active', ...own.tablo_access]), [
        ...[id, userId, 'owner', true],
        ...own.tablo_access.map(() => true),
      ]);
      return ok(id);
    });
  }

  rename(userId: UserId, tabloId: TabloId, name: string): Promise<Result<null, RestRefusal>> {
    return this.#change(userId, tabloId, refuseRename, 'UPDATE tablos SET name = $2 WHERE id = $1', [tabloId, name]);
  }

  /** Nothing is erased: the tablo closes to everybody, and an administrator may open it again. */
  delete(userId: UserId, tabloId: TabloId): Promise<Result<null, RestRefusal>> {
    return this.#change(userId, tabloId, refuseDelete, 'UPDATE tablos SET deleted_at = now() WHERE id = $1', [tabloId]);
  }

  #change(
    userId: UserId,
    tabloId: TabloId,
    refuse: (role: Role) => RestRefusal | null,
    text: string,
    values: unknown[],
  ) {
    return transaction(this.#pool, async (client): Promise<Result<null, RestRefusal>> => {
      const standing = await lockStanding(client, tabloId, userId);
      const refused = standing === null ? refusal('forbidden') : refuse(standing.actor);
      if (refused !== null) return err(refused);
      await client.query(text, values);
      return ok(null);
    });
  }
}

async function readOwnColumns(client: PoolClient): Promise<Record<'tablos' | 'tablo_access', string[]>> {
  const { rows } = await client.query<{ table: string; name: string }>(OWN_COLUMNS);
  const of = (table: string): string[] => rows.filter((row) => row.table === table).map(({ name }) => name);
  return { tablos: of('tablos'), tablo_access: of('tablo_access') };
}

const insertOf = (table: string, columns: readonly string[]): string =>
  `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, nth) => `$${nth + 1}`).join(', ')})`;

function toChannel(row: Row): RestChannel {
  return {
    id: row.id,
    name: row.name,
    role: highestRole(row.roles),
    epoch: row.epoch,
    last_seq: Number(row.last_seq),
    read_seq: Number(row.read_seq),
    unread_count: Number(row.unread_count),
    last_message:
      row.message_id === null
        ? null
        : {
            id: row.message_id,
            user_id: row.message_user_id,
            user_name: row.message_user_name,
            text: row.message_text,
            created_at: toIso(row.message_created_ms),
          },
    created_at: toIso(row.created_ms),
  };
}
