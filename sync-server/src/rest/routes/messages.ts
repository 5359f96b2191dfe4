/** `/chat/channels/:id/messages`: history page by page, and the way in for bots and back ends. */
import { checkText } from '@tablo/schema/entry';
import type { TabloId } from '@tablo/schema/ids';
import { messageAnswer, messagesPage, postMessageRequest } from '@tablo/schema/rest/message';
import { canWrite } from '@tablo/schema/roles';
import type { z } from 'zod';
import type { Membership } from '../../access/members/membership.ts';
import { unwrap } from '../answers/unwrap.ts';
import { AppError, invalidRequest, notFound, refusal } from '../base/app-error.ts';
import { asEntryId, messageParams, tabloParams } from '../base/params.ts';
import type { MessagePoster } from '../message-poster.ts';
import type { PgChannels } from '../stores/pg-channels.ts';
import type { PgMessages } from '../stores/pg-messages.ts';
import { messagesQuery } from './messages-query.ts';
import { requireTablo, requireVisitor } from './require-member.ts';
import { addRoute, type RestApp } from './route.ts';

const PATH = '/chat/channels/{id}/messages';

export function addMessageRoutes(
  app: RestApp,
  { messages, channels }: { readonly messages: PgMessages; readonly channels: PgChannels },
  membership: Membership,
  poster: MessagePoster,
): void {
  const readPage = async (id: TabloId, query: z.output<typeof messagesQuery>) => {
    if (query.around !== undefined) {
      const around = await messages.around(id, query.around, query.limit);
      if (around === null) throw notFound('No message of this tablo has that id.');
      return { status: 200, body: around } as const;
    }
    if (query.after !== undefined)
      return { status: 200, body: await messages.after(id, query.after, query.limit) } as const;
    const page = await messages.page(id, query.before ?? null, query.limit);
    if (page === null)
      throw invalidRequest('The query is not as expected: before: no message of this tablo has that id.');
    return { status: 200, body: page } as const;
  };
  const readOne = async ({ id, messageId }: z.output<typeof messageParams>) => {
    const message = await messages.find(id, messageId);
    if (message === null) throw notFound('This tablo has no such message.');
    return { status: 200, body: { message } } as const;
  };

  addRoute(
    app,
    {
      method: 'get',
      path: PATH,
      summary:
        'A page of the history, oldest first; with `after`, what arrived after a seq, in that order; with `around`, what stands around a message. Long messages make it shorter than `limit`: `hasMore` counts',
      params: tabloParams,
      query: messagesQuery,
      answer: messagesPage,
      statuses: [200],
      refusals: ['forbidden', 'not-found'],
    },
    async ({ claims, params, query }) => {
      await requireVisitor(membership, params.id, claims.userId);
      return readPage(params.id, query);
    },
    async ({ params, query }) => {
      await requireTablo(channels, params.id);
      return readPage(params.id, query);
    },
  );

  addRoute(
    app,
    {
      method: 'get',
      path: `${PATH}/{messageId}`,
      summary: 'One message; of a deleted one the text is empty, and `deleted_at` is set',
      params: messageParams,
      answer: messageAnswer,
      statuses: [200],
      refusals: ['forbidden', 'not-found'],
    },
    async ({ claims, params }) => {
      await requireVisitor(membership, params.id, claims.userId);
      return readOne(params);
    },
    async ({ params }) => {
      await requireTablo(channels, params.id);
      return readOne(params);
    },
  );

  addRoute(
    app,
    {
      method: 'post',
      path: PATH,
      summary: 'Write a message; the same id twice is one message (201, then 200)',
      params: tabloParams,
      body: postMessageRequest,
      answer: messageAnswer,
      statuses: [200, 201],
      refusals: [
        'forbidden',
        'not-found',
        'read-only',
        'invalid-update',
        'duplicate-id',
        'too-large',
        'rate-limited',
        'shutting-down',
      ],
    },
    async ({ claims, params, body }) => {
      const { role } = await requireVisitor(membership, params.id, claims.userId);
      if (!canWrite(role)) throw new AppError(refusal('read-only'));
      const wrong = checkText(body.text);
      if (wrong !== null) throw new AppError(refusal('invalid-update', `The text ${wrong}.`));
      const posted = await poster.post({
        tabloId: params.id,
        userId: claims.userId,
        role,
        id: body.id === undefined ? null : asEntryId(body.id),
        text: body.text,
        replyTo: body.reply_to == null ? null : asEntryId(body.reply_to),
      });
      const { id, isNew } = unwrap(posted);
      const message = await messages.find(params.id, id);
      // The id is known, and SQL has removed the row since; or the whole tablo, in this very moment.
      if (message === null) throw notFound('This message was written, and is here no longer.');
      return { status: isNew ? 201 : 200, body: { message } };
    },
  );
}
