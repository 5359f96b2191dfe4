/** The REST half of the server, typed: answers are read by their shapes, errors become `ChatError` with a sentence. */

import type { DraftText } from '@tablo/schema/draft';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { RestChannel } from '@tablo/schema/rest/channel';
import type { RestMember } from '@tablo/schema/rest/member';
import type { RestMessage } from '@tablo/schema/rest/message';
import type { Role } from '@tablo/schema/roles';
import { anything, readAs, type Shape } from '../base/shape.ts';
import { ChatError, type Invitation, type Invite, type InviteLink, type InviteOffer } from '../chat.ts';
import {
  channelAnswer,
  channelsPage,
  draftAnswer,
  draftsAnswer,
  errorBody,
  inviteAnswer,
  membersPage,
  messageAnswer,
  messagesPage,
  peopleAnswer,
  readAnswer,
  unreadAnswer,
} from './answers.ts';
import { acceptAnswer, invitationsAnswer, linksAnswer, memberPutAnswer, offerAnswer } from './invitation-answers.ts';
import { draftTextOf } from './rest-rows.ts';
import type { TokenSource } from './session.ts';

const REQUEST_TIMEOUT_MS = 15_000;

export interface MessagesPage {
  readonly messages: readonly RestMessage[];
  readonly hasMore: boolean;
}

export interface ChannelsPage {
  readonly channels: readonly RestChannel[];
  /** null: the last page. */
  readonly cursor: string | null;
}

export interface MembersList {
  readonly members: readonly RestMember[];
  /** `false`: there are more than are read. */
  readonly isWhole: boolean;
}

export interface UnreadChannel {
  readonly channelId: TabloId;
  readonly count: number;
  readonly messages: readonly { readonly id: EntryId; readonly seq: number }[];
}

export interface ApiOptions {
  /** Where the server is, without a slash at the end; empty for the page's own origin. */
  readonly baseUrl: string;
  readonly tokens: TokenSource;
  readonly fetch?: typeof fetch;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Pages of members that are read at the most: of a larger tablo the oldest members are known. */
const MEMBER_PAGES_MAX = 20;

export class Api {
  readonly #baseUrl: string;
  readonly #tokens: TokenSource;
  readonly #fetch: typeof fetch;

  constructor({ baseUrl, tokens, fetch: fetchImpl }: ApiOptions) {
    this.#baseUrl = baseUrl;
    this.#tokens = tokens;
    this.#fetch = fetchImpl ?? ((...args) => fetch(...args));
  }

  /** Newest activity first. `cursor` of the page before; null: the first. */
  async listChannels(after: string | null): Promise<ChannelsPage> {
    const answer = await this.#call('GET', `/chat/channels${pageQuery(after)}`, channelsPage);
    return { channels: answer.channels, cursor: answer.cursor ?? null };
  }

  async createChannel(name: string): Promise<RestChannel> {
    return (await this.#call('POST', '/chat/channels', channelAnswer, { name })).channel;
  }

  async renameChannel(id: TabloId, name: string): Promise<void> {
    await this.#call('PATCH', `/chat/channels/${id}`, anything, { name });
  }

  async deleteChannel(id: TabloId): Promise<void> {
    await this.#call('DELETE', `/chat/channels/${id}`, anything);
  }

  async listMembers(id: TabloId): Promise<MembersList> {
    const members: RestMember[] = [];
    let after: string | null = null;
    for (let page = 0; page < MEMBER_PAGES_MAX; page += 1) {
      const answer: ReturnType<typeof membersPage> = await this.#call(
        'GET',
        `/chat/channels/${id}/members${pageQuery(after)}`,
        membersPage,
      );
      members.push(...answer.members);
      after = answer.cursor ?? null;
      if (after === null) break;
    }
    return { members, isWhole: after === null };
  }

  /** The names that the server knows. At most `PEOPLE_ASKED_MAX`. */
  async listPeople(
    asked: readonly { readonly tabloId: TabloId; readonly id: UserId }[],
  ): Promise<readonly { readonly id: UserId; readonly name: string }[]> {
    const of = asked.map(({ tabloId, id }) => `${tabloId}:${id}`).join(',');
    const { people } = await this.#call('GET', `/chat/people?of=${of}`, peopleAnswer);
    return people.map(({ user_id, name }) => ({ id: user_id as UserId, name }));
  }

  /** `invited`: they were asked, since they share no tablo with us. */
  setMember(id: TabloId, user: UserId, role: Role): Promise<'member' | 'invited'> {
    return this.#call('POST', `/chat/channels/${id}/members`, memberPutAnswer, { user_id: user, role });
  }

  async removeMember(id: TabloId, user: UserId): Promise<void> {
    await this.#call('DELETE', `/chat/channels/${id}/members/${user}`, anything);
  }

  async createInvite(id: TabloId, role?: Role): Promise<Invite> {
    const { invite } = await this.#call(
      'POST',
      `/chat/channels/${id}/invites`,
      inviteAnswer,
      role === undefined ? {} : { role },
    );
    return { url: invite.url, expiresAt: Date.parse(invite.expires_at) };
  }

  async listInvites(id: TabloId): Promise<readonly InviteLink[]> {
    return (await this.#call('GET', `/chat/channels/${id}/invites`, linksAnswer)).invites;
  }

  async revokeInvite(id: TabloId, inviteId: string): Promise<void> {
    await this.#call('DELETE', `/chat/channels/${id}/invites/${encodeURIComponent(inviteId)}`, anything);
  }

  readInvite(code: string): Promise<InviteOffer> {
    return this.#call('GET', `/chat/invites/${encodeURIComponent(code)}`, offerAnswer);
  }

  async listInvitations(): Promise<readonly Invitation[]> {
    return (await this.#call('GET', '/chat/invitations', invitationsAnswer)).invitations;
  }

  async acceptInvitation(id: string): Promise<TabloId> {
    const path = `/chat/invitations/${encodeURIComponent(id)}/accept`;
    return (await this.#call('POST', path, acceptAnswer, {})) as TabloId;
  }

  async declineInvitation(id: string): Promise<void> {
    await this.#call('POST', `/chat/invitations/${encodeURIComponent(id)}/decline`, anything, {});
  }

  async acceptInvite(code: string): Promise<TabloId> {
    return (await this.#call('POST', `/chat/invites/${encodeURIComponent(code)}/accept`, acceptAnswer, {})) as TabloId;
  }

  /** `before`: a message id, exact among equal times. */
  async readMessages(id: TabloId, before: string | null, limit: number): Promise<MessagesPage> {
    const query = new URLSearchParams({ limit: String(limit), ...(before === null ? {} : { before }) });
    return this.#call('GET', `/chat/channels/${id}/messages?${query}`, messagesPage);
  }

  /** Also a deleted one. null: the tablo never had it. */
  async readMessage(id: TabloId, message: EntryId): Promise<RestMessage | null> {
    try {
      return (await this.#call('GET', `/chat/channels/${id}/messages/${message}`, messageAnswer)).message;
    } catch (error) {
      if (error instanceof ChatError && error.code === 'not-found') return null;
      throw error;
    }
  }

  /** A message and its neighbours. Rejects with `not-found` where the tablo never had it; of a deleted one the neighbours come. */
  async readAround(id: TabloId, message: EntryId, limit: number): Promise<MessagesPage & { hasNewer: boolean }> {
    const query = new URLSearchParams({ around: message, limit: String(limit) });
    const page = await this.#call('GET', `/chat/channels/${id}/messages?${query}`, messagesPage);
    return { ...page, hasNewer: page.hasNewer ?? false };
  }

  /** What arrived after `seq`, in that order, deleted messages included. */
  async readAfter(id: TabloId, seq: number, limit: number): Promise<MessagesPage> {
    const query = new URLSearchParams({ after: String(seq), limit: String(limit) });
    return this.#call('GET', `/chat/channels/${id}/messages?${query}`, messagesPage);
  }

  async reportRead(id: TabloId, seq: number): Promise<number> {
    return (await this.#call('POST', `/chat/channels/${id}/read`, readAnswer, { seq })).read_seq;
  }

  async listUnread(): Promise<readonly UnreadChannel[]> {
    const { unread } = await this.#call('GET', '/chat/unread?ids=true', unreadAnswer);
    return unread.map(({ channel_id, unread_count, messages }) => ({
      channelId: channel_id as TabloId,
      count: unread_count,
      messages: (messages ?? []).map(({ id, seq }) => ({ id: id as EntryId, seq })),
    }));
  }

  async listDrafts(): Promise<readonly { readonly tabloId: TabloId; readonly draft: DraftText }[]> {
    const { drafts } = await this.#call('GET', '/chat/drafts', draftsAnswer);
    return drafts.map((rest) => ({ tabloId: rest.channel_id as TabloId, draft: draftTextOf(rest) }));
  }

  /** Also while the page goes away. Resolves with what stands now. */
  async putDraft(id: TabloId, { text, at }: DraftText): Promise<DraftText> {
    const body = { text, updated_at: new Date(at).toISOString() };
    const { draft } = await this.#call('PUT', `/chat/channels/${id}/draft`, draftAnswer, body, { keepalive: true });
    return draftTextOf(draft);
  }

  async #call<T>(method: Method, path: string, shape: Shape<T>, body?: unknown, more: RequestInit = {}): Promise<T> {
    let answer = await this.#request(method, path, body, false, more);
    if (answer.status === 401) answer = await this.#request(method, path, body, true, more);
    const json: unknown = await answer.json().catch(() => null);
    if (!answer.ok) throw errorOf(answer.status, json);
    const read = readAs(shape, json);
    if (read === null)
      throw new ChatError('internal', 'The server answered in a way that this version does not understand.');
    return read.data;
  }

  async #request(method: Method, path: string, body: unknown, fresh: boolean, more: RequestInit): Promise<Response> {
    const token = await this.#tokens.getToken({ fresh });
    if (token === null) throw new ChatError('unauthenticated', 'You are signed out. Sign in again.');
    try {
      return await this.#fetch(this.#baseUrl + path, {
        ...more,
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new ChatError('offline', 'The server cannot be reached. Try again when you are online.');
    }
  }
}

const pageQuery = (after: string | null): string => (after === null ? '' : `?cursor=${encodeURIComponent(after)}`);

function errorOf(status: number, json: unknown): ChatError {
  const body = readAs(errorBody, json);
  if (body !== null) return new ChatError(body.data.code, body.data.error);
  if (status >= 500) return new ChatError('unavailable', 'The server cannot do this right now. Try again in a moment.');
  return new ChatError('internal', `The server answered ${status}.`);
}
