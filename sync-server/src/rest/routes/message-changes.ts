/** What is done to a message by REST: edited, deleted, reacted to. Each is an entry of its author's, through the same admission and ledger as a client's. */
import { checkEmoji, checkText, createDeletion, createEdit, createReaction } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import type { ErrorCode } from '@tablo/schema/rest/common';
import { editMessageRequest, MESSAGE_REACTIONS_MAX, messageAnswer, type RestMessage } from '@tablo/schema/rest/message';
import { canModerate, canWrite, type Role } from '@tablo/schema/roles';
import type { z } from 'zod';
import type { Membership } from '../../access/members/membership.ts';
import { unwrap } from '../answers/unwrap.ts';
import { AppError, notFound, type RestRefusal, refusal } from '../base/app-error.ts';
import { asEntryId, messageParams, reactionParams } from '../base/params.ts';
import type { MessagePoster, PostedChange } from '../message-poster.ts';
import type { PgMessages } from '../stores/pg-messages.ts';
import { requireVisitor } from './require-member.ts';
import { addRoute, type RestApp } from './route.ts';

const PATH = '/chat/channels/{id}/messages/{messageId}';
const REACTION_PATH = `${PATH}/reactions/{emoji}`;
const REFUSALS: readonly ErrorCode[] = [
  ...(['forbidden', 'read-only', 'not-your-entry', 'not-found', 'invalid-update'] as const),
  ...(['duplicate-id', 'message-deleted', 'shutting-down'] as const),
];
const DELETED: RestRefusal = { code: 'message-deleted', message: 'This message has been deleted.' };

interface Author {
  readonly userId: UserId;
  readonly role: Role;
}

type Params = z.output<typeof messageParams>;

export function addMessageChangeRoutes(
  app: RestApp,
  messages: PgMessages,
  membership: Membership,
  poster: MessagePoster,
): void {
  const find = async ({ id, messageId }: Params): Promise<RestMessage> => {
    const message = await messages.find(id, messageId);
    if (message === null) throw notFound('This tablo has no such message.');
    return message;
  };

  /** `make` returns null if nothing has to change. */
  const change = async (
    params: Params,
    userId: UserId,
    make: (message: RestMessage, author: Author) => PostedChange['entry'] | null,
  ): Promise<{ readonly status: 200; readonly body: { readonly message: RestMessage } }> => {
    const { role } = await requireVisitor(membership, params.id, userId);
    if (!canWrite(role)) throw new AppError(refusal('read-only'));
    const entry = make(await find(params), { userId, role });
    if (entry !== null) unwrap(await poster.change({ tabloId: params.id, entry }));
    const message = await find(params);
    // The message was deleted at this very moment: the change is shown nowhere.
    if (entry?.kind !== 'delete') refuseDeleted(message, entry !== null);
    return { status: 200, body: { message } };
  };

  addRoute(
    app,
    {
      method: 'patch',
      path: PATH,
      summary: 'Edit your message; the same `id` with the same text is one edit',
      params: messageParams,
      body: editMessageRequest,
      answer: messageAnswer,
      statuses: [200],
      refusals: REFUSALS,
    },
    ({ claims, params, body }) =>
      change(params, claims.userId, (message, author) => {
        if (message.user_id !== author.userId)
          throw new AppError(refusal('not-your-entry', 'Only its author may edit a message.'));
        refuseDeleted(message);
        const wrong = checkText(body.text);
        if (wrong !== null) throw new AppError(refusal('invalid-update', `The text ${wrong}.`));
        const id = body.id === undefined ? {} : { id: asEntryId(body.id) };
        const authored = { author: author.userId, sentAt: after(message.created_at, message.updated_at), ...id };
        return createEdit(authored, params.messageId, body.text);
      }),
  );

  addRoute(
    app,
    {
      method: 'delete',
      path: PATH,
      summary: 'Delete your message, or anybody’s (owners and admins); harmless when it is deleted',
      params: messageParams,
      answer: messageAnswer,
      statuses: [200],
      refusals: REFUSALS,
    },
    ({ claims, params }) =>
      change(params, claims.userId, (message, { userId, role }) => {
        if (message.user_id !== userId && !canModerate(role))
          throw new AppError(refusal('not-your-entry', 'Only its author or an admin may delete a message.'));
        const authored = { author: userId, sentAt: after(message.created_at) };
        return message.deleted_at == null ? createDeletion(authored, params.messageId) : null;
      }),
  );

  for (const [method, on, summary] of [
    ['put', true, 'React with an emoji; harmless when you have'],
    ['delete', false, 'Take your reaction back; harmless when there is none'],
  ] as const) {
    addRoute(
      app,
      {
        method,
        path: REACTION_PATH,
        summary,
        params: reactionParams,
        answer: messageAnswer,
        statuses: [200],
        refusals: REFUSALS,
      },
      ({ claims, params }) =>
        change(params, claims.userId, (message, { userId }) => {
          refuseDeleted(message);
          const wrong = checkEmoji(params.emoji);
          if (wrong !== null) throw new AppError(refusal('invalid-update', `The emoji ${wrong}.`));
          const own = (votes: RestMessage['reactions'] = []) =>
            votes.find((vote) => vote.user_id === userId && vote.emoji === params.emoji);
          const given = own(message.reactions);
          // Only the newest are listed where there are very many: a reaction that is not listed may still exist.
          const isListed = message.reactions.length < MESSAGE_REACTIONS_MAX;
          if (on ? given !== undefined : given === undefined && isListed) return null;
          const before = given ?? own(message.withdrawn_reactions);
          const sentAt = after(message.created_at, before?.created_at);
          return createReaction({ author: userId, sentAt }, params.messageId, params.emoji, on);
        }),
    );
  }
}

/** [R5] The latest change counts: this one is stamped after what it changes, even if that came from a clock ahead of ours. */
function after(...times: readonly (string | null | undefined)[]): number {
  return Math.max(Date.now(), ...times.map((time) => (time == null ? 0 : Date.parse(time) + 1)));
}

function refuseDeleted({ deleted_at }: RestMessage, isAsked = true): void {
  if (isAsked && deleted_at != null) throw new AppError(DELETED);
}
