/** The REST half of the fake server, just large enough for the client. */
/// <reference types="node" />
// biome-ignore-all lint/style/noRestrictedImports: the server that the client is tested against.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DraftText, isLaterDraft } from '@tablo/schema/draft';
import type { EntryId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { FakeInvite, FakeServer, FakeTablo } from './fake-server.ts';
import { subjectOf } from './subject-of.ts';

const restDraft = (tablo: FakeTablo, draft: DraftText | undefined) =>
  draft === undefined ? null : { channel_id: tablo.id, text: draft.text, updated_at: new Date(draft.at).toISOString() };

/** Answers one request as far as the client asks. */
export async function answerRest(
  server: FakeServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
  server.requests.push(`${request.method} ${pathname}${searchParams.size > 0 ? `?${searchParams}` : ''}`);
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const token = (request.headers.authorization ?? '').replace('Bearer ', '');
  const user = subjectOf(token);
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  if (pathname === '/healthz') return send(200, { ok: true });
  if (server.tokensRejected.has(token)) return send(401, { error: 'Expired.', code: 'token-expired' });
  if (user === null) return send(401, { error: 'Sign in.', code: 'unauthenticated' });
  const mine = [...server.tablos.values()].filter((tablo) => tablo.members.has(user));
  if (pathname === '/chat/channels' && request.method === 'GET') {
    const from = Number(searchParams.get('cursor') ?? 0);
    server.onPage(server.pageSize === null ? 0 : from / server.pageSize);
    const newestFirst = mine.toSorted(
      (left, right) => activityOf(right) - activityOf(left) || (left.id < right.id ? -1 : 1),
    );
    const { page, cursor } = pageOf(server, newestFirst, from);
    return send(200, { channels: page.map((one) => channelOf(server, one, user)), ...cursor });
  }
  if (pathname === '/chat/channels') {
    return send(201, { channel: channelOf(server, server.addTablo(String(body['name']), { [user]: 'owner' }), user) });
  }
  if (pathname === '/chat/unread') return send(200, { unread: mine.flatMap((one) => unreadOf(one, user)) });
  if (pathname === '/chat/drafts') {
    const drafts = mine.flatMap((one) => restDraft(one, one.drafts.get(user)) ?? []);
    return send(200, { drafts });
  }
  if (pathname === '/chat/people' && server.namesAuthors) {
    const asked = (searchParams.get('of') ?? '').split(',').map((one) => one.split(':'));
    const people = asked.filter(([id]) => mine.some((one) => one.id === id)).map(([, one = '']) => one);
    return send(200, { people: people.map((one) => ({ user_id: one, name: nameOf(server, one) })) });
  }
  const [, , place, id, part, who] = pathname.split('/');
  if (place === 'invites' || place === 'invitations') {
    const { status, body } = answerInvitation(server, user, place, id, part);
    return send(status, body);
  }
  const tablo = mine.find((one) => one.id === id);
  if (tablo === undefined) return send(403, { error: 'You are not a member of this tablo.', code: 'forbidden' });
  if (part === 'members' && request.method === 'DELETE') {
    tablo.members.delete(who ?? '');
    return send(200, { ok: true });
  }
  if (part === 'members' && request.method === 'POST') {
    const target = String(body['user_id']);
    if (server.asksBeforeAdding && !tablo.members.has(target)) return send(202, { invitation: { id: 'sent' } });
    tablo.members.set(target, body['role'] as Role);
    return send(200, { member: memberOf(server, [target, body['role'] as Role]) });
  }
  if (part === 'members') {
    const from = Number(searchParams.get('cursor') ?? 0);
    const { page, cursor } = pageOf(server, [...tablo.members], from);
    return send(200, { members: page.map((one) => memberOf(server, one)), ...cursor });
  }
  if (part === 'invites' && request.method === 'GET') {
    const links = [...server.invites.values()].filter((one) => one.tabloId === tablo.id);
    return send(200, { invites: links.map(linkOf) });
  }
  if (part === 'invites' && request.method === 'DELETE') {
    for (const [code, one] of server.invites) if (one.id === who) server.invites.delete(code);
    return send(200, { ok: true });
  }
  if (part === 'messages' && !server.hasHistory) return send(503, { error: 'Not now.', code: 'unavailable' });
  if (part === 'messages' && who !== undefined) {
    const found = tablo.durable.get(who as EntryId);
    if (found?.entry.kind !== 'message') return send(404, { error: 'No such message.', code: 'not-found' });
    const message = messageOf(tablo, { entry: found.entry, seq: found.seq });
    return send(200, {
      message: found.isDeleted ? { ...message, text: '', deleted_at: new Date(0).toISOString() } : message,
    });
  }
  const around = searchParams.get('around');
  if (part === 'messages' && around !== null && !tablo.durable.has(around))
    return send(404, { error: 'No message of this tablo has that id.', code: 'not-found' });
  if (part === 'messages') return send(200, messagesOf(tablo, searchParams));
  if (part === 'draft' && server.refusesDrafts !== null) {
    const { status, code } = server.refusesDrafts;
    return send(status, { error: `Refused: ${code}.`, code });
  }
  if (part === 'draft') {
    const given = { text: String(body['text']), at: Date.parse(String(body['updated_at'])) };
    const known = tablo.drafts.get(user);
    if (known === undefined || isLaterDraft(given, known)) {
      tablo.drafts.set(user, given);
      server.tellUser(tablo, user, { type: 'draft', ...given });
    }
    const stands = restDraft(tablo, tablo.drafts.get(user));
    await server.holdsDraftAnswers;
    return send(200, { draft: stands });
  }
  if (part === 'read' && server.failingReads > 0) {
    server.failingReads -= 1;
    return send(503, { error: 'Not now.', code: 'unavailable' });
  }
  if (part === 'read') {
    const seq = Math.min(Number(body['seq'] ?? tablo.lastSeq), tablo.lastSeq);
    const known = tablo.readSeq.get(user) ?? 0;
    tablo.readSeq.set(user, Math.max(known, seq));
    if (seq > known) server.tellUser(tablo, user, { type: 'read', seq });
    return send(200, {
      ok: true,
      read_seq: tablo.readSeq.get(user),
      unread_count: unreadOf(tablo, user)[0]?.unread_count ?? 0,
    });
  }
  send(404, { error: 'No such thing.', code: 'not-found' });
}

const nameOf = (server: FakeServer, user: string): string => server.names.get(user) ?? `Name ${user.slice(-2)}`;

const memberOf = (server: FakeServer, [user_id, role]: readonly [string, Role]) => ({
  ...{ user_id, role, name: nameOf(server, user_id), email: null, avatar_url: null },
  created_at: new Date(0).toISOString(),
});

const linkOf = ({ id, role, by }: FakeInvite) => ({
  ...{ id, role, created_by: by, created_at: new Date(0).toISOString(), max_uses: null, uses: 0 },
  expires_at: new Date(Date.now() + 3_600_000).toISOString(),
});

function pageOf<T>({ pageSize }: FakeServer, all: readonly T[], from: number) {
  if (pageSize === null) return { page: all, cursor: {} };
  const end = from + pageSize;
  return { page: all.slice(from, end), cursor: { cursor: end < all.length ? String(end) : null } };
}

/** Looking at a link, taking it; listing own invitations, accepting or declining one. */
function answerInvitation(
  server: FakeServer,
  user: string,
  place: string,
  key: string | undefined,
  verb: string | undefined,
) {
  const glance = ({ tabloId, role, by }: FakeInvite) => {
    const tablo = server.tablos.get(tabloId);
    return { tablo: { name: tablo?.name, members: tablo?.members.size }, role, invited_by: nameOf(server, by) };
  };
  const all = place === 'invites' ? server.invites : server.invitations;
  if (key === undefined) {
    const mine = [...server.invitations.values()].filter(({ invitee }) => invitee === user);
    const invitations = mine.map((one) => ({ id: one.id, ...glance(one), created_at: new Date(0).toISOString() }));
    return { status: 200, body: { invitations } };
  }
  const found = all.get(key);
  if (found === undefined) return { status: 404, body: { error: 'This invitation has ended.', code: 'not-found' } };
  if (verb === undefined)
    return { status: 200, body: { ...glance(found), expires_at: new Date(Date.now() + 3_600_000).toISOString() } };
  if (place === 'invitations') server.invitations.delete(key);
  const tablo = server.tablos.get(found.tabloId);
  if (verb === 'decline' || tablo === undefined) return { status: 200, body: { ok: true } };
  tablo.members.set(user, found.role);
  return { status: 200, body: { channel: channelOf(server, tablo, user) } };
}

const activityOf = (tablo: FakeTablo): number => rowsOf(tablo).at(-1)?.entry.sentAt ?? 0;

function rowsOf(tablo: FakeTablo) {
  return [...tablo.durable.values()]
    .flatMap(({ entry, seq, isDeleted }) => (entry.kind === 'message' && !isDeleted ? [{ entry, seq }] : []))
    .sort((left, right) => left.entry.sentAt - right.entry.sentAt || (left.entry.id < right.entry.id ? -1 : 1));
}

function unreadOf(tablo: FakeTablo, user: string) {
  const messages = rowsOf(tablo)
    .filter(({ entry, seq }) => entry.author !== user && seq > (tablo.readSeq.get(user) ?? 0))
    .map(({ entry, seq }) => ({ id: entry.id, seq }));
  return messages.length === 0 ? [] : [{ channel_id: tablo.id, unread_count: messages.length, messages }];
}

function channelOf(server: FakeServer, tablo: FakeTablo, user: string) {
  const last = rowsOf(tablo).at(-1)?.entry;
  return {
    id: tablo.id,
    name: tablo.name,
    role: tablo.members.get(user),
    epoch: tablo.epoch,
    last_seq: tablo.lastSeq,
    read_seq: tablo.readSeq.get(user) ?? 0,
    unread_count: unreadOf(tablo, user)[0]?.unread_count ?? 0,
    last_message:
      last === undefined
        ? null
        : {
            id: last.id,
            user_id: last.author,
            ...(server.namesAuthors ? { user_name: nameOf(server, last.author) } : {}),
            text: last.text,
            created_at: new Date(last.sentAt).toISOString(),
          },
    created_at: new Date(0).toISOString(),
  };
}

function messagesOf(tablo: FakeTablo, query: URLSearchParams) {
  const [before, after, around] = ['before', 'after', 'around'].map((name) => query.get(name) ?? null);
  const limit = Number(query.get('limit') ?? 50);
  const rows = rowsOf(tablo);
  if (after != null) {
    const newer = rows.filter(({ seq }) => seq > Number(after)).sort((left, right) => left.seq - right.seq);
    return { messages: newer.slice(0, limit).map((row) => messageOf(tablo, row)), hasMore: newer.length > limit };
  }
  if (around != null) {
    const entry = tablo.durable.get(around)?.entry;
    const isOlder = (row: (typeof rows)[number]) =>
      entry !== undefined &&
      (row.entry.sentAt < entry.sentAt || (row.entry.sentAt === entry.sentAt && row.entry.id < entry.id));
    const [older, newer] = [rows.filter(isOlder), rows.filter((row) => !isOlder(row))];
    const half = Math.floor(limit / 2);
    const page = [...older.slice(-half), ...newer.slice(0, limit - half)];
    return {
      messages: page.map((row) => messageOf(tablo, row)),
      hasMore: older.length > half,
      hasNewer: newer.length > limit - half,
    };
  }
  const byId = rows.findIndex(({ entry }) => entry.id === before);
  const older =
    before == null
      ? rows
      : byId >= 0
        ? rows.slice(0, byId)
        : rows.filter(({ entry }) => entry.sentAt < Date.parse(before));
  const page = older.slice(-limit);
  return { messages: page.map((row) => messageOf(tablo, row)), hasMore: page.length < older.length };
}

const messageOf = (tablo: FakeTablo, { entry, seq }: ReturnType<typeof rowsOf>[number]) => ({
  id: entry.id,
  channel_id: tablo.id,
  user_id: entry.author,
  user_name: null,
  text: entry.text,
  created_at: new Date(entry.sentAt).toISOString(),
  sent_at: new Date(entry.sentAt).toISOString(),
  received_at: new Date(entry.sentAt).toISOString(),
  updated_at: null,
  edit_id: null,
  reply_to: null,
  seq,
  reactions: [],
});
