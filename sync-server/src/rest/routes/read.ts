/** Read positions and unread counts [R10]. */
import { readAnswer, readRequest, unreadAnswer } from '@tablo/schema/rest/read';
import { z } from 'zod';
import type { Membership } from '../../access/members/membership.ts';
import { forbidden } from '../base/app-error.ts';
import { tabloParams } from '../base/params.ts';
import type { PgReadState } from '../stores/pg-read-state.ts';
import { requireVisitor } from './require-member.ts';
import { addRoute, type RestApp } from './route.ts';

const unreadQuery = z.object({
  ids: z.enum(['true', 'false']).optional().meta({ description: 'true: with the newest unread messages’ ids.' }),
});

export function addReadRoutes(app: RestApp, readState: PgReadState, membership: Membership): void {
  addRoute(
    app,
    {
      method: 'post',
      path: '/chat/channels/{id}/read',
      summary: 'You have read up to `seq`, or everything; never moves backwards',
      params: tabloParams,
      body: readRequest,
      answer: readAnswer,
      statuses: [200],
      refusals: ['forbidden'],
    },
    async ({ claims, params, body }) => {
      await requireVisitor(membership, params.id, claims.userId);
      const position = await readState.mark(claims.userId, params.id, body.seq ?? null);
      if (position === null) throw forbidden(); // The member was removed at this very moment.
      return { status: 200, body: { ok: true as const, read_seq: position.seq, unread_count: position.unreadCount } };
    },
  );

  addRoute(
    app,
    {
      method: 'get',
      path: '/chat/unread',
      summary: 'Tablos with unread messages; your own are never counted',
      query: unreadQuery,
      answer: unreadAnswer,
      statuses: [200],
    },
    async ({ claims, query }) => ({
      status: 200,
      body: { unread: await readState.listUnread(claims.userId, query.ids === 'true') },
    }),
  );
}
