/** Whether there is room for one more: asked under the tablo's lock, before something is made. Each question reads no more rows than its bound. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { PoolClient } from 'pg';
import type { RestBounds } from '../../config/rest-bounds.ts';
import { type RestRefusal, refusal } from '../base/app-error.ts';

const count = (rows: string): string => `SELECT count(*)::integer AS count FROM (${rows}) AS counted`;
const MEMBERS = count('SELECT FROM tablo_access WHERE tablo_id = $1 AND is_active LIMIT $2');
// Of deleted tablos too, until these memberships end (`tablo_private.end_closed`): each costs a look at every list. Who adds somebody to tablos and deletes them has not
// made room for more.
const BELONGS = count('SELECT FROM tablo_access WHERE user_id = $1 AND is_active LIMIT $2');
// What was deleted is a row still: somebody who makes and deletes without end must not have more of them than others.
const MADE = count(
  `SELECT FROM tablos WHERE created_by = $1 AND coalesce(deleted_at, 'infinity') > now() - interval '30 days' LIMIT $2`,
);

const full = (message: string): RestRefusal => refusal('rate-limited', message);
const TABLO_IS_FULL = full('This tablo has as many members as it may have.');

async function isFull(client: PoolClient, query: string, id: string, bound: number): Promise<boolean> {
  const { rows } = await client.query<{ count: number }>(query, [id, bound]);
  return (rows[0]?.count ?? 0) >= bound;
}

/** For somebody who becomes a member by their own hand. */
export async function refuseJoin(
  client: PoolClient,
  { tablosPerUser, membersPerTablo }: RestBounds,
  tabloId: TabloId,
  user: UserId,
): Promise<RestRefusal | null> {
  if (await isFull(client, MEMBERS, tabloId, membersPerTablo)) return TABLO_IS_FULL;
  const hasMany = await isFull(client, BELONGS, user, 2 * tablosPerUser);
  return hasMany ? full('You belong to as many tablos as one may. Leave one first.') : null;
}

/** For somebody whom another one adds. */
export async function refuseAdd(
  client: PoolClient,
  { tablosPerUser, membersPerTablo }: RestBounds,
  tabloId: TabloId,
  user: UserId,
): Promise<RestRefusal | null> {
  if (await isFull(client, MEMBERS, tabloId, membersPerTablo)) return TABLO_IS_FULL;
  const hasMany = await isFull(client, BELONGS, user, tablosPerUser);
  return hasMany ? full('This person cannot be added to more tablos. Send them an invitation link.') : null;
}

export async function refuseTablo(
  client: PoolClient,
  { tablosPerUser }: RestBounds,
  user: UserId,
): Promise<RestRefusal | null> {
  if (await isFull(client, MADE, user, tablosPerUser)) return full('You have made as many tablos as one may.');
  const hasMany = await isFull(client, BELONGS, user, 2 * tablosPerUser);
  return hasMany ? full('You belong to as many tablos as one may. Leave one first.') : null;
}
