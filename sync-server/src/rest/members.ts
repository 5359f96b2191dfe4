/** `/chat/channels/:id/members`: who belongs to a tablo. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { okAnswer } from '@tablo/schema/rest/common';
import { addMemberRequest, memberAnswer, membersAnswer, type RestMember } from '@tablo/schema/rest/member';
import type { Membership } from '../access/membership.ts';
import { forbidden } from './app-error.ts';
import { asUserId, memberParams, tabloParams } from './params.ts';
import type { PgMembers } from './pg-members.ts';
import { requireMember } from './require-member.ts';
import { addRoute, type RestApp } from './route.ts';
import { unwrap } from './unwrap.ts';

const PATH = '/chat/channels/{id}/members';

export function addMemberRoutes(app: RestApp, members: PgMembers, membership: Membership): void {
  addRoute(
    app,
    {
      method: 'get',
      path: PATH,
      summary: 'Members, in the order in which they came',
      params: tabloParams,
      answer: membersAnswer,
      statuses: [200],
      refusals: ['forbidden'],
    },
    async ({ claims, params }) => {
      await requireMember(membership, params.id, claims.userId);
      return { status: 200, body: { members: await members.list(params.id) } };
    },
  );

  addRoute(
    app,
    {
      method: 'post',
      path: PATH,
      summary: 'Add somebody (201), or give a member another role (200); owners and admins, and yourself to step down',
      params: tabloParams,
      body: addMemberRequest,
      answer: memberAnswer,
      statuses: [200, 201],
      refusals: ['forbidden', 'last-owner'],
    },
    async ({ claims, params, body }) => {
      const userId = asUserId(body.user_id);
      const { isNew } = unwrap(await members.put(claims.userId, params.id, userId, body.role));
      return { status: isNew ? 201 : 200, body: { member: await readMember(members, params.id, userId) } };
    },
  );

  addRoute(
    app,
    {
      method: 'delete',
      path: `${PATH}/{userId}`,
      summary: 'Remove a member (owners and admins), or leave',
      params: memberParams,
      answer: okAnswer,
      statuses: [200],
      refusals: ['forbidden', 'not-found', 'last-owner'],
    },
    async ({ claims, params }) => {
      unwrap(await members.remove(claims.userId, params.id, params.userId));
      return { status: 200, body: { ok: true as const } };
    },
  );
}

async function readMember(members: PgMembers, tabloId: TabloId, userId: UserId): Promise<RestMember> {
  const [member] = await members.list(tabloId, userId);
  if (member === undefined) throw forbidden(); // Removed again in this very moment.
  return member;
}
