/** `/chat/drafts` and `/chat/channels/:id/draft`: unfinished texts follow their author over devices. */
import { draftAnswer, draftRequest, draftsAnswer } from '@tablo/schema/rest/draft';
import { canWrite } from '@tablo/schema/roles';
import { TokenBuckets } from '../../access/limits/token-buckets.ts';
import type { Membership } from '../../access/members/membership.ts';
import { unwrap } from '../answers/unwrap.ts';
import { AppError, forbidden, refusal } from '../base/app-error.ts';
import { tabloParams } from '../base/params.ts';
import type { PgDrafts } from '../stores/pg-drafts.ts';
import { requireMember } from './require-member.ts';
import { addRoute, type RestApp } from './route.ts';

/** A device reports each tablo's draft a second or two after the last key; the burst is one that comes back after days. */
const PUTS_PER_SECOND = 5;
const PUTS_BURST = 300;

export function addDraftRoutes(app: RestApp, drafts: PgDrafts, membership: Membership): void {
  const puts = new TokenBuckets(PUTS_PER_SECOND, PUTS_BURST);

  addRoute(
    app,
    {
      method: 'get',
      path: '/chat/drafts',
      summary: 'Your drafts in all your tablos; an empty text means that it was sent or deleted',
      answer: draftsAnswer,
      statuses: [200],
    },
    async ({ claims }) => ({ status: 200, body: { drafts: await drafts.list(claims.userId) } }),
  );

  addRoute(
    app,
    {
      method: 'put',
      path: '/chat/channels/{id}/draft',
      summary: 'Your draft in a tablo; the later `updated_at` stands, and is the answer',
      params: tabloParams,
      body: draftRequest,
      answer: draftAnswer,
      statuses: [200],
      refusals: ['forbidden', 'read-only', 'too-large', 'rate-limited'],
    },
    async ({ claims, params, body }) => {
      const { role } = await requireMember(membership, params.id, claims.userId);
      if (!canWrite(role)) throw new AppError(refusal('read-only'));
      if (!puts.take(claims.userId, 1, Date.now())) throw new AppError(refusal('rate-limited'));
      const at = Date.parse(body.updated_at);
      const draft = unwrap(await drafts.put(claims.userId, params.id, { text: body.text, at }));
      if (draft === null) throw forbidden(); // The member was removed at this very moment.
      return { status: 200, body: { draft } };
    },
  );
}
