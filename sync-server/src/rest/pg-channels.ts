/** Tablos as REST lists them, created, renamed and deleted. */
import { randomUUID } from 'node:crypto';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { RestChannel } from '@tablo/schema/rest/channel';
import { err, ok, type Result } from '@tablo/schema/result';
import { canDeleteTablo, canModerate, highestRole } from '@tablo/schema/roles';
import type { Pool } from 'pg';
import { type RestRefusal, refusal } from './app-error.ts';
import { NOT_A_MODERATOR } from './member-rules.ts';
import { lockStanding, type Standing } from './pg-standing.ts';
import { transaction } from './pg-transaction.ts';
import { countUnread, OWN_TABLOS } from './pg-unread.ts';
import { toIso } from './rest-time.ts';

// [R9] Two index probes a tablo: the newest message that is not deleted, and the unread ones, which are counted only so far.
const LIST = `SELECT s.id, s.name, s.roles, s.epoch, s.last_seq, s.read_seq, s.created_ms, unread.count AS unread_count,
    last.id AS message_id, last.user_id AS message_user_id, last.text AS message_text, last.created_ms AS message_created_ms
  FROM (${OWN_TABLOS}) s
  LEFT JOIN LATERAL (
    SELECT m.id, m.user_id, m.text, m.created_at, tablo_private.to_ms(m.created_at) AS created_ms FROM messages m
    WHERE m.channel_id = s.id AND m.deleted_at IS NULL ORDER BY m.created_at DESC, m.id DESC LIMIT 1
  ) last ON true
  CROSS JOIN LATERAL (${countUnread('$1', 's')}) unread`;
const IN_ORDER = 'ORDER BY coalesce(last.created_at, s.created_at) DESC, s.id';

interface Row {
  readonly id: TabloId;
  readonly name: string;
  readonly roles: readonly string[];
  readonly epoch: number;
  readonly last_seq: string;
  readonly read_seq: string;
  readonly created_ms: string;
  readonly unread_count: string;
  readonly message_id: string | null;
  readonly message_user_id: string;
  readonly message_text: string;
  readonly message_created_ms: string;
}

export class PgChannels {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The caller's, last spoken in first. */
  async list(userId: UserId): Promise<RestChannel[]> {
    const { rows } = await this.#pool.query<Row>({
      name: 'channels-list',
      text: `${LIST} ${IN_ORDER}`,
      values: [userId],
    });
    return rows.map(toChannel);
  }

  /** `null`: not the caller's. */
  async find(userId: UserId, tabloId: TabloId): Promise<RestChannel | null> {
    const { rows } = await this.#pool.query<Row>({
      name: 'channels-find',
      text: `${LIST} WHERE s.id = $2`,
      values: [userId, tabloId],
    });
    return rows[0] === undefined ? null : toChannel(rows[0]);
  }

  async create(userId: UserId, name: string): Promise<TabloId> {
    const id = randomUUID() as TabloId;
    await transaction(this.#pool, async (client) => {
      await client.query('INSERT INTO tablos (id, name, created_by) VALUES ($1, $2, $3)', [id, name, userId]);
      await client.query(
        `INSERT INTO tablo_access (tablo_id, user_id, role, is_active) VALUES ($1, $2, 'owner', true)`,
        [id, userId],
      );
    });
    return id;
  }

  rename(userId: UserId, tabloId: TabloId, name: string): Promise<Result<null, RestRefusal>> {
    const refuse = ({ actor }: Standing) => (canModerate(actor) ? null : NOT_A_MODERATOR);
    return this.#change(userId, tabloId, refuse, 'UPDATE tablos SET name = $2 WHERE id = $1', [tabloId, name]);
  }

  /** Nothing is erased: the tablo closes to everybody, and an administrator may open it again. */
  delete(userId: UserId, tabloId: TabloId): Promise<Result<null, RestRefusal>> {
    const refuse = ({ actor }: Standing) =>
      canDeleteTablo(actor) ? null : refusal('forbidden', 'Only owners may do this.');
    return this.#change(userId, tabloId, refuse, 'UPDATE tablos SET deleted_at = now() WHERE id = $1', [tabloId]);
  }

  #change(
    userId: UserId,
    tabloId: TabloId,
    refuse: (standing: Standing) => RestRefusal | null,
    text: string,
    values: unknown[],
  ) {
    return transaction(this.#pool, async (client): Promise<Result<null, RestRefusal>> => {
      const standing = await lockStanding(client, tabloId, userId);
      const refused = standing === null ? refusal('forbidden') : refuse(standing);
      if (refused !== null) return err(refused);
      await client.query(text, values);
      return ok(null);
    });
  }
}

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
            text: row.message_text,
            created_at: toIso(row.message_created_ms),
          },
    created_at: toIso(row.created_ms),
  };
}
