import { errorBody } from '@tablo/schema/rest/common';
import { WEBHOOK_EVENTS } from '@tablo/schema/rest/webhook';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Limits } from '../access/limits/limits.ts';
import { createLog } from '../base/log.ts';
import {
  defaultLimitSettings,
  insertMessage,
  newTablo,
  newUser,
  openTestRest,
  type TestRest,
} from './testing/test-rest.ts';

let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest();
});
afterAll(() => rest.close());

const alice = newUser();

describe('who may ask', () => {
  it.each([
    ['no token', undefined, 401, 'unauthenticated'],
    ['a bad one', 'Bearer nonsense', 401, 'unauthenticated'],
    ['another scheme', `Basic ${alice}`, 401, 'unauthenticated'],
    ['none after the scheme', 'Bearer ', 401, 'unauthenticated'],
    ['an expired one', 'Bearer expired', 401, 'token-expired'],
    ['one that cannot be checked now', 'Bearer keys-away', 503, 'unavailable'],
  ])('[R6] a request with %s is answered %s', async (_, authorization, status, code) => {
    const headers = authorization === undefined ? {} : { authorization };
    for (const path of ['/chat/channels', `/chat/channels/${newTablo()}/messages`, '/chat/unread']) {
      const answer = await rest.call(null, 'GET', path, undefined, headers);
      expect(answer).toMatchObject({ status, body: { code } });
      expect(errorBody.safeParse(answer.body).success).toBe(true);
    }
  });

  it('the REST API takes the scheme in any case', async () => {
    expect(
      (await rest.call(null, 'GET', '/chat/channels', undefined, { authorization: `bearer ${alice}` })).status,
    ).toBe(200);
  });

  it('[R6] the REST API gives a stranger and a missing tablo the same answer on every route, byte for byte', async () => {
    const tablo = await rest.createTablo({ [newUser()]: 'owner' });
    const deleted = await rest.createTablo({ [alice]: 'owner' });
    await rest.pool.query('UPDATE tablos SET deleted_at = now() WHERE id = $1', [deleted]);
    const routes: [string, string, unknown?][] = [
      ['PATCH', '', { name: 'Mine' }],
      ['DELETE', ''],
      ['GET', '/members'],
      ['POST', '/members', { user_id: alice, role: 'owner' }],
      ['DELETE', `/members/${alice}`],
      ['POST', '/invites', {}],
      ['GET', '/invites'],
      ['DELETE', `/invites/${newTablo()}`],
      ['GET', '/messages?after=0'],
      ['GET', '/messages'],
      ['POST', '/messages', { text: 'Hi' }],
      ['POST', '/read'],
      ['PUT', '/draft', { text: 'a', updated_at: '2026-01-01T00:00:00Z' }],
    ];
    for (const [method, path, body] of routes) {
      const answers = [];
      for (const id of [tablo, deleted, newTablo()]) {
        const { status, body: answer } = await rest.call(alice, method, `/chat/channels/${id}${path}`, body);
        answers.push({ status, answer });
      }
      const expected = { status: 403, answer: { error: 'You are not a member of this tablo.', code: 'forbidden' } };
      expect(answers, `${method} ${path}`).toEqual([expected, expected, expected]);
    }
  });
});

describe('what cannot be parsed is 400 invalid-request', () => {
  const invalid = { status: 400, body: { code: 'invalid-request' } };

  it.each(['nonsense', newTablo().toUpperCase(), `{${newTablo()}}`, newTablo().replaceAll('-', ''), '%00', '%zz'])(
    'id %s',
    async (id) => {
      for (const path of ['/members', '/messages'])
        expect(await rest.call(alice, 'GET', `/chat/channels/${id}${path}`)).toMatchObject(invalid);
      expect(await rest.call(alice, 'DELETE', `/chat/channels/${id}`)).toMatchObject(invalid);
      expect(await rest.call(alice, 'POST', `/chat/channels/${id}/read`)).toMatchObject(invalid);
    },
  );

  it.each(['{', 'null', '[]', '"x"', '{"name":1}', '{}', ''])('body %j', async (body) => {
    expect(await rest.call(alice, 'POST', '/chat/channels', body)).toMatchObject(invalid);
  });

  it('a body that is not UTF-8', async () => {
    const response = await rest.app.request('/chat/channels', {
      method: 'POST',
      headers: { authorization: `Bearer ${alice}` },
      body: Uint8Array.from([0x7b, 0xff, 0x7d]),
    });
    expect(response.status).toBe(400);
  });
});

describe('answers', () => {
  it('the REST API refuses a body above the limit with 413, announced or not', async () => {
    const body = JSON.stringify({ name: 'x'.repeat(300_000) });
    expect(await rest.call(alice, 'POST', '/chat/channels', body)).toMatchObject({
      status: 413,
      body: { code: 'too-large' },
    });
    const stream = new Blob([body]).stream();
    const response = await rest.app.request('/chat/channels', {
      method: 'POST',
      headers: { authorization: `Bearer ${alice}` },
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it('the REST API says 404 in JSON where there is nothing', async () => {
    for (const path of ['/chat/nothing', '/chat/channels/x/y/z', '/api/nothing', '/api/auth/ok', '/nothing']) {
      expect(await rest.call(alice, 'GET', path)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    }
    expect(await rest.call(alice, 'PUT', '/chat/channels', {})).toMatchObject({ status: 404 });
  });

  it('[R11] the REST API says 503 when the database is away, and 500 for a mistake of ours; neither tells more', async () => {
    const fail = (error: Error) => vi.spyOn(rest.pool, 'query').mockRejectedValueOnce(error as never);
    const away = fail(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    const answer = await rest.call(alice, 'GET', '/chat/channels');
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('1');
    away.mockRestore();
    const mistake = fail(new TypeError('secret detail'));
    const other = await rest.call(alice, 'GET', '/chat/channels');
    expect(other).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(JSON.stringify(other.body)).not.toContain('secret');
    mistake.mockRestore();
  });

  it.each([
    ['57014', 'A statement took too long.'],
    ['55P03', 'A lock could not be had in time.'],
    ['40P01', 'Two transactions waited for each other.'],
    ['40001', 'A transaction met another one.'],
    ['57P01', 'The database did not answer.'],
  ])('[R11] the REST API says 503 of SQLSTATE %s, and in the log, with the route: %s', async (code, sentence) => {
    const lines: string[] = [];
    const log = createLog({ level: 'info', format: 'json', write: (line) => void lines.push(line) });
    const other = await openTestRest({ log });
    vi.spyOn(other.pool, 'query').mockRejectedValue(Object.assign(new Error('on purpose'), { code }) as never);
    const answer = await other.call(alice, 'GET', `/chat/channels/${newTablo()}/messages`);
    await other.close();
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ msg: sentence, method: 'GET', route: '/chat/channels/:id/messages' }),
    ]);
  });

  it('[R11] the REST API counts what it answers by bytes: who owes for them waits, and nobody else does', async () => {
    const bitten: string[] = [];
    const settings = { ...defaultLimitSettings(), answerBytesPerSecond: 1, answerBytesBurst: 4_096 };
    const other = await openTestRest({ limits: new Limits(settings, (limit) => bitten.push(limit)) });
    const bob = newUser();
    const tablo = await other.createTablo({ [alice]: 'member', [bob]: 'member' });
    await insertMessage(other.pool, { tablo, user: bob, text: 'x'.repeat(8_000) });
    const path = `/chat/channels/${tablo}/messages`;
    expect((await other.call(alice, 'GET', path)).status).toBe(200);
    for (const [method, what] of [
      ['GET', path],
      ['GET', '/chat/unread'],
      ['POST', `/chat/channels/${tablo}/read`],
    ] as const) {
      const refused = await other.call(alice, method, what);
      expect(refused).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
      expect(refused.headers.get('retry-after')).toBe('1');
    }
    expect((await other.call(bob, 'GET', '/chat/unread')).status).toBe(200);
    expect(bitten).toEqual(['answerBytes', 'answerBytes', 'answerBytes']);
    await other.close();
  });

  it('the REST API tells browsers to run nothing from elsewhere, to frame nothing, and to keep nothing of REST', async () => {
    const { headers } = await rest.call(alice, 'GET', '/chat/channels', undefined, { host: 'localhost:3000' });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self' ws://localhost:3000 wss://localhost:3000;");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    const injected = await rest.call(null, 'GET', '/chat/channels', undefined, {
      host: "x; script-src 'unsafe-inline'",
    });
    expect(injected.headers.get('content-security-policy')).toContain("connect-src 'self';");
    expect(injected.status).toBe(401);
  });

  it('the REST API lets pages of the allowed origins in, with Bearer tokens only', async () => {
    const preflight = async (origin: string) =>
      (
        await rest.call(null, 'OPTIONS', '/chat/channels', undefined, {
          origin,
          'access-control-request-method': 'POST',
        })
      ).headers;
    const allowed = await preflight('https://app.example');
    expect(allowed.get('access-control-allow-origin')).toBe('https://app.example');
    expect(allowed.get('access-control-allow-headers')).toContain('Authorization');
    expect(allowed.get('access-control-allow-credentials')).toBeNull();
    expect((await preflight('https://evil.example')).get('access-control-allow-origin')).toBeNull();
    const refused = await rest.call(null, 'GET', '/chat/channels', undefined, { origin: 'https://app.example' });
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('the REST API tells the page which identity service there is, and has no /api/auth beside an external one', async () => {
    expect(await rest.call(null, 'GET', '/api/config')).toMatchObject({ status: 200, body: { identity: 'external' } });
    expect(await rest.call(null, 'POST', '/api/auth/sign-in/email', {})).toMatchObject({
      status: 404,
      body: { code: 'not-found' },
    });
  });

  it('[R11] the REST API lets the identity library, which may remember each address for ever, see those of its six routes alone', async () => {
    const seen = new Set<string>();
    const handle = async (request: Request) => {
      seen.add(new URL(request.url).pathname);
      return new Response('{}', { headers: { 'content-type': 'application/json' } });
    };
    const identity = { handle, readKeys: async () => ({ keys: [] }), close: async () => {} };
    const own = await openTestRest({ identity });
    const six = ['get-session', 'token', 'jwks', 'sign-out', 'sign-in/email', 'sign-up/email'];
    const random = Array.from({ length: 200 }, (_, nth) => [`${nth}`, `token/${nth}`, `sign-in/${nth}`]).flat();
    for (const name of [...six, ...random, 'ok', 'sign-in/social', 'token/', '//token', '%74oken/x'])
      for (const method of ['GET', 'POST', 'PUT'])
        await own.call(null, method, `/api/auth/${name}`, method === 'GET' ? undefined : {}, {
          'content-type': 'application/json',
          origin: 'https://chat.example',
        });
    expect([...seen].sort()).toEqual(six.map((name) => `/api/auth/${name}`).sort());
    await own.close();
  });

  it('the REST API documents every route, and shows the document without a script', async () => {
    const { body } = await rest.call(null, 'GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths).sort()).toEqual([
      '/chat/channels',
      '/chat/channels/{id}',
      '/chat/channels/{id}/draft',
      '/chat/channels/{id}/invites',
      '/chat/channels/{id}/invites/{inviteId}',
      '/chat/channels/{id}/members',
      '/chat/channels/{id}/members/{userId}',
      '/chat/channels/{id}/messages',
      '/chat/channels/{id}/messages/{messageId}',
      '/chat/channels/{id}/messages/{messageId}/reactions/{emoji}',
      '/chat/channels/{id}/read',
      '/chat/drafts',
      '/chat/invitations',
      '/chat/invitations/{id}/accept',
      '/chat/invitations/{id}/decline',
      '/chat/invites/{code}',
      '/chat/invites/{code}/accept',
      '/chat/people',
      '/chat/unread',
    ]);
    expect(Object.keys(body.webhooks)).toEqual(WEBHOOK_EVENTS);
    const post = body.paths['/chat/channels/{id}/messages'].post;
    expect(Object.keys(post.responses)).toEqual(
      expect.arrayContaining(['200', '201', '400', '401', '403', '409', '413', '429', '503']),
    );
    expect(post.requestBody.content['application/json'].schema.properties).toHaveProperty('reply_to');
    const page = await rest.call(null, 'GET', '/docs');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.body).toContain('GET /chat/channels');
    expect(page.body).toContain('POST message.created');
    expect(page.body).not.toContain('<script');
  });

  it('the REST API learns what users are called from their tokens', async () => {
    await rest.call(alice, 'GET', '/chat/channels');
    await rest.profiles.settled();
    const { rows } = await rest.pool.query('SELECT name FROM chat_profiles WHERE user_id = $1', [alice]);
    expect(rows).toEqual([{ name: `User ${alice.slice(0, 4)}` }]);
  });
});
