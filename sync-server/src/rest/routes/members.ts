/** `/chat/channels/:id/members`: who belongs to a tablo. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { okAnswer } from '@tablo/schema/rest/common';
import {
  addMemberAnswer,
  addMemberRequest,
  MEMBERS_MAX_LIMIT,
  membersAnswer,
  type RestMember,
} from '@tablo/schema/rest/member';
import type { Membership } from '../../access/members/membership.ts';
import { unwrap } from '../answers/unwrap.ts';
import { forbidden, refusal } from '../base/app-error.ts';
import { pageQuery } from '../base/page-query.ts';
import { asUserId, memberParams, tabloParams } from '../base/params.ts';
import { refuseChangeOf } from '../stores/member-rules.ts';
import type { PgChannels } from '../stores/pg-channels.ts';
import type { PgMembers, UnknownUsers } from '../stores/pg-members.ts';
import { SERVICE } from '../stores/pg-standing.ts';
import { requireMember, requireRole, requireTablo } from './require-member.ts';
import { addRoute, type RestApp } from './route.ts';

const PATH = '/chat/channels/{id}/members';

export interface MemberSettings {
  /** `host`: the host application alone adds members. Default: `members`. */
  readonly addMembers?: 'members' | 'host';
  /** Default: `add`, as with an external issuer. */
  readonly unknownUsers?: UnknownUsers;
}

const HOST_ONLY = refusal('forbidden', 'Here the host application alone adds members.');
const listQuery = pageQuery(MEMBERS_MAX_LIMIT);

export function addMemberRoutes(
  app: RestApp,
  { members, channels }: { readonly members: PgMembers; readonly channels: PgChannels },
  membership: Membership,
  { addMembers = 'members', unknownUsers = 'add' }: MemberSettings,
): void {
  const put = async (adding: Parameters<PgMembers['put']>[0]) => {
    const done = unwrap(await members.put(adding));
    if (done.type === 'invited') return { status: 202, body: { invitation: done.invitation } } as const;
    const member = await readMember(members, adding.tabloId, adding.target);
    return { status: done.type === 'added' ? 201 : 200, body: { member } } as const;
  };

  addRoute(
    app,
    {
      method: 'get',
      path: PATH,
      summary: 'Members, in the order in which they came, page by page',
      params: tabloParams,
      query: listQuery,
      answer: membersAnswer,
      statuses: [200],
      refusals: ['forbidden'],
    },
    async ({ claims, params, query }) => {
      const { role } = await requireMember(membership, params.id, claims.userId);
      const page = await members.list(params.id, query);
      return { status: 200, body: role === 'guest' ? withoutAddresses(page, claims.userId) : page };
    },
    async ({ params, query }) => {
      await requireTablo(channels, params.id);
      return { status: 200, body: await members.list(params.id, query) };
    },
  );

  addRoute(
    app,
    {
      method: 'post',
      path: PATH,
      summary:
        'Add somebody (201), ask somebody with whom you share no tablo (202), or give a member another role (200); owners and admins, and yourself to step down',
      params: tabloParams,
      body: addMemberRequest,
      answer: addMemberAnswer,
      statuses: [200, 201, 202],
      refusals: ['forbidden', 'last-owner', 'rate-limited'],
    },
    async ({ claims, service, params, body }) => {
      const target = asUserId(body.user_id);
      await requireRole(membership, params.id, claims.userId, (role) =>
        addMembers === 'host' && service === null ? HOST_ONLY : refuseChangeOf(role, target === claims.userId),
      );
      return put({ actor: claims.userId, tabloId: params.id, target, role: body.role, unknownUsers });
    },
    ({ params, body }) =>
      put({ actor: SERVICE, tabloId: params.id, target: asUserId(body.user_id), role: body.role, unknownUsers }),
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
      const isSelf = params.userId === claims.userId;
      await requireRole(membership, params.id, claims.userId, (role) => refuseChangeOf(role, isSelf));
      unwrap(await members.remove(claims.userId, params.id, params.userId));
      return { status: 200, body: { ok: true as const } };
    },
    async ({ params }) => {
      unwrap(await members.remove(SERVICE, params.id, params.userId));
      return { status: 200, body: { ok: true as const } };
    },
  );
}

/** Guests are often outsiders: they see the members, but not the members' addresses. They see their own address. */
function withoutAddresses<P extends { readonly members: readonly RestMember[] }>(page: P, reader: UserId): P {
  return {
    ...page,
    members: page.members.map((member) => (member.user_id === reader ? member : { ...member, email: null })),
  };
}

async function readMember(members: PgMembers, tabloId: TabloId, userId: UserId): Promise<RestMember> {
  const member = await members.find(tabloId, userId);
  if (member === null) throw forbidden(); // The member was removed again at this very moment.
  return member;
}
