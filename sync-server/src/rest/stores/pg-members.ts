/**
 * Members of a tablo: list, add, change, remove. The rules are in `member-rules.ts`; here they are asked under the tablo's lock. Nobody is named to
 * people whom they never met: a newcomer has no name and no address before they have come, or written there.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { RestMember, RestSentInvitation } from '@tablo/schema/rest/member';
import { err, ok, type Result } from '@tablo/schema/result';
import { highestRole, type Role } from '@tablo/schema/roles';
import type { Pool, PoolClient } from 'pg';
import type { RestBounds } from '../../config/rest-bounds.ts';
import { hasUsedTablo } from '../../db/has-used-tablo.ts';
import { hostRole } from '../../db/host/host-columns.ts';
import { type RestRefusal, refusal } from '../base/app-error.ts';
import { cutPage, fromUs, toUs } from '../base/page-query.ts';
import { plainTime } from '../base/plain-time.ts';
import { toIso } from '../base/rest-time.ts';
import { refuseGrant, refuseRemoval } from './member-rules.ts';
import type { Page } from './pg-channels.ts';
import { invitePerson } from './pg-invitations.ts';
import { refuseAdd } from './pg-room.ts';
import { type Actor, lockStanding, putMember, SERVICE } from './pg-standing.ts';
import { transaction } from './pg-transaction.ts';

/** Below every id. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const JOINED = plainTime('a.created_at');
// [R9] Looked up for each row that is shown, by key: as a join, or as EXISTS, the planner may take it for cheaper to read all memberships or all messages, since it
// does not know how few are active. Of a member who repeats, the first row.
const IS_FIRST = `a.ctid = (SELECT b.ctid FROM tablo_access b WHERE b.tablo_id = a.tablo_id AND b.user_id = a.user_id AND b.is_active
      ORDER BY ${plainTime('b.created_at')}, b.ctid LIMIT 1)`;
/** A newcomer who has come is none any more. */
const IS_UNSEEN = `EXISTS (SELECT FROM tablo_private.newcomers n WHERE n.tablo_id = $1 AND n.user_id = a.user_id)
      AND NOT ${hasUsedTablo('$1', 'a.user_id')}`;

const members = (
  rows: string,
): string => `SELECT a.user_id, r.roles, ${toUs('a.joined_at')} AS us, tablo_private.to_ms(a.joined_at) AS created_ms,
    p.name, p.email, p.avatar_url
  FROM (${rows}) a
  CROSS JOIN LATERAL (
    SELECT array_agg(${hostRole('role')}) AS roles FROM tablo_access WHERE tablo_id = $1 AND user_id = a.user_id AND is_active
  ) r
  LEFT JOIN LATERAL (
    SELECT p.name, p.email, p.avatar_url FROM chat_profiles p WHERE p.user_id = a.user_id AND NOT (${IS_UNSEEN}) LIMIT 1
  ) p ON true
  ORDER BY a.joined_at, a.user_id`;

// [R9] Index order, so a page reads its own rows, whoever left before, and wherever it lies: without a cursor it begins before everybody.
const LIST = members(`SELECT a.user_id, ${JOINED} AS joined_at FROM tablo_access a
    WHERE a.tablo_id = $1 AND a.is_active AND ${IS_FIRST}
      AND (${JOINED}, a.user_id) > (coalesce(${fromUs('$2')}, '-infinity'), coalesce($3::uuid, '${NOBODY}'))
    ORDER BY ${JOINED}, a.user_id LIMIT $4`);
const FIND = members(`SELECT a.user_id, ${JOINED} AS joined_at FROM tablo_access a
    WHERE a.tablo_id = $1 AND a.user_id = $2 AND a.is_active ORDER BY a.created_at LIMIT 1`);

/** Both belong to a tablo that both have accepted. */
const SHARES = `SELECT FROM tablo_access mine
  JOIN tablos t ON t.id = mine.tablo_id AND t.deleted_at IS NULL
  JOIN tablo_access theirs ON theirs.tablo_id = mine.tablo_id AND theirs.user_id = $2 AND theirs.is_active
  WHERE mine.user_id = $1 AND mine.is_active
    AND NOT EXISTS (SELECT FROM tablo_private.newcomers n WHERE n.tablo_id = mine.tablo_id AND n.user_id IN ($1, $2)) LIMIT 1`;
// [R9] An id that somebody made up is not kept for ever: who was added unasked and never came goes without a trace.
const REMOVE_NEWCOMER =
  'DELETE FROM tablo_access WHERE tablo_id = $1 AND user_id = $2 AND tablo_private.is_newcomer($1, $2)';
const ADD_NEWCOMER = `INSERT INTO tablo_private.newcomers (tablo_id, user_id, added_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`;

interface Row {
  readonly user_id: UserId;
  readonly roles: readonly string[];
  readonly us: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly avatar_url: string | null;
  readonly created_ms: string;
}

/** What becomes of people with whom the caller shares no tablo: asked where the built-in service runs, added where the issuer is somebody else's. */
export type UnknownUsers = 'invite' | 'add';

export type Put =
  | { readonly type: 'added' | 'changed' }
  | { readonly type: 'invited'; readonly invitation: RestSentInvitation };

interface Adding {
  readonly actor: Actor;
  readonly tabloId: TabloId;
  readonly target: UserId;
  readonly role: Role;
  readonly unknownUsers: UnknownUsers;
}

export class PgMembers {
  readonly #pool: Pool;
  readonly #bounds: RestBounds;

  constructor(pool: Pool, bounds: RestBounds) {
    this.#pool = pool;
    this.#bounds = bounds;
  }

  /** In the order in which they came. */
  async list(tabloId: TabloId, { cursor, limit }: Page): Promise<{ members: RestMember[]; cursor: string | null }> {
    const values = [tabloId, cursor?.us ?? null, cursor?.id ?? null, limit + 1];
    const { rows } = await this.#pool.query<Row & { id: string }>({ name: 'members-list', text: LIST, values });
    const page = cutPage(
      rows.map((row) => ({ ...row, id: row.user_id })),
      limit,
    );
    return { members: page.rows.map(toMember), cursor: page.cursor };
  }

  async find(tabloId: TabloId, user: UserId): Promise<RestMember | null> {
    const { rows } = await this.#pool.query<Row>({ name: 'members-find', text: FIND, values: [tabloId, user] });
    return rows[0] === undefined ? null : toMember(rows[0]);
  }

  /** Adds `target` or asks them to come, or gives a member another role. */
  put(adding: Adding): Promise<Result<Put, RestRefusal>> {
    const { actor, tabloId, target, role } = adding;
    return transaction(this.#pool, async (client): Promise<Result<Put, RestRefusal>> => {
      const standing = await lockStanding(client, tabloId, actor, target);
      const refused = standing === null ? refusal('forbidden') : refuseGrant(standing, role);
      if (standing === null || refused !== null) return err(refused ?? refusal('forbidden'));
      if (standing.target === null) return this.#add(client, adding);
      if (standing.target !== role) await putMember(client, tabloId, target, role);
      return ok({ type: 'changed' });
    });
  }

  remove(actor: Actor, tabloId: TabloId, target: UserId): Promise<Result<null, RestRefusal>> {
    return transaction(this.#pool, async (client): Promise<Result<null, RestRefusal>> => {
      const standing = await lockStanding(client, tabloId, actor, target);
      const refused = standing === null ? refusal('forbidden') : refuseRemoval(standing);
      if (refused !== null) return err(refused);
      // Leaving by oneself is no removal: a setting says so to the trigger that remembers removals, for this transaction.
      if (actor === target) await client.query(`SELECT set_config('tablo_chat.leaving', $1, true)`, [actor]);
      const removed = await client.query(REMOVE_NEWCOMER, [tabloId, target]);
      if (removed.rowCount !== 0) return ok(null);
      await client.query('UPDATE tablo_access SET is_active = false WHERE tablo_id = $1 AND user_id = $2', [
        tabloId,
        target,
      ]);
      return ok(null);
    });
  }

  /** [R6] The same questions and the same answers, whether there is such a user or not. */
  async #add(client: PoolClient, adding: Adding): Promise<Result<Put, RestRefusal>> {
    const { actor, tabloId, target, role, unknownUsers } = adding;
    // A host's back end vouches for whom it adds, as the host's SQL does.
    const isUnknown = actor !== SERVICE && (await client.query(SHARES, [actor, target])).rowCount === 0;
    if (actor !== SERVICE && isUnknown && unknownUsers === 'invite') {
      const invited = await invitePerson(client, this.#bounds, { tabloId, inviter: actor, user: target, role });
      return invited.ok ? ok({ type: 'invited', invitation: invited.value }) : invited;
    }
    const refused = await refuseAdd(client, this.#bounds, tabloId, target);
    if (refused !== null) return err(refused);
    await putMember(client, tabloId, target, role);
    if (isUnknown) await client.query(ADD_NEWCOMER, [tabloId, target, actor]);
    return ok({ type: 'added' });
  }
}

function toMember({ user_id, roles, name, email, avatar_url, created_ms }: Row): RestMember {
  return { user_id, role: highestRole(roles), name, email, avatar_url, created_at: toIso(created_ms) };
}
