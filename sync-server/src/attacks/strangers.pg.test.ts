/** What somebody without a token can do over HTTP: take connections, memory, threads, places in queues. Each is theirs alone, and for seconds. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { untilWithin } from '../testing/wait.ts';
import { ELSEWHERE, HERE, openWholeServer, PASSWORD, type WholeServer } from './whole-server.ts';

const until = untilWithin(30_000);
const times = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));

let server: WholeServer;
beforeAll(async () => {
  server = await openWholeServer();
});
afterAll(() => server.close());

/** Honest people, at another address. */
async function chat(at: WholeServer = server) {
  const alice = await at.signUp();
  const made = await at.call('/chat/channels', { body: { name: 'Plans' }, token: alice.token, from: ELSEWHERE });
  const { channel } = JSON.parse(made.text) as { channel: { id: string } };
  const say = (text: string) =>
    at.call(`/chat/channels/${channel.id}/messages`, { body: { text }, token: alice.token, from: ELSEWHERE });
  return { alice, say };
}

const head = (path: string, more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n${more}\r\n{`;
const allClosed = (sockets: readonly Socket[]) =>
  Promise.all(sockets.map((socket) => (socket.closed ? null : once(socket, 'close'))));

describe('bodies that do not come', () => {
  let small: WholeServer;
  beforeAll(async () => {
    // Two places in place of many, so that a hundred connections do what a thousand would.
    small = await openWholeServer({ MAX_REQUESTS_PER_USER: '2', MAX_REQUESTS_PER_ADDRESS: '2' });
  });
  afterAll(() => small.close());

  it.each(['/api/auth/sign-in/email', '/api/auth/sign-out'])(
    '[R11] of 100 requests to %s keep no place but their own address’s, for seconds',
    async (path) => {
      const { alice, say } = await chat(small);
      const slow = await Promise.all(times(100, () => small.dial(head(path))));
      for (const socket of slow) socket.resume();
      await until(async () => expect(await small.readLimit('address-requests')).toBeGreaterThan(0));
      expect((await say('while they wait')).status).toBe(201);
      expect((await small.call('/chat/channels', { token: alice.token })).status).toBe(200);
      expect((await small.call('/api/auth/get-session', { from: ELSEWHERE })).status).toBe(200);
      await allClosed(slow);
      expect((await small.call('/api/auth/get-session')).status).toBe(200);
    },
  );

  it('[R11] of a member’s 100 posts keep no place but that member’s', async () => {
    const { say } = await chat(small);
    const mallory = await small.signUp();
    const path = `/chat/channels/${crypto.randomUUID()}/messages`;
    const slow = await Promise.all(
      times(100, () => small.dial(head(path, `Authorization: Bearer ${mallory.token}\r\n`))),
    );
    for (const socket of slow) socket.resume();
    await until(async () => expect(await small.readLimit('user-requests')).toBeGreaterThan(0));
    expect((await say('while they wait')).status).toBe(201);
    await allClosed(slow);
    expect((await small.call('/chat/channels', { token: mallory.token, from: ELSEWHERE })).status).toBe(200);
    // Nobody's fault but theirs: neither the database's nor a mistake of ours.
    expect(small.lines.filter((line) => /database|failed/i.test(line))).toEqual([]);
  });

  it('[R11] a program that posts 300 messages at once has all of them stored', async () => {
    const { say } = await chat();
    const statuses = (await Promise.all(times(300, (nth) => say(`one of many ${nth}`)))).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([201]));
  });

  it('[R8] a program that posts 60 of the longest texts at once has all of them stored, over however many epochs', async () => {
    const { say } = await chat();
    const statuses = (await Promise.all(times(60, () => say('\u{1f600}'.repeat(8_000))))).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([201]));
  });

  it('[R11] clients that hang up in the middle of a body are nobody’s trouble in the log', async () => {
    const { alice, say } = await chat();
    const path = `/chat/channels/${crypto.randomUUID()}/messages`;
    const slow = await Promise.all(
      times(50, () => server.dial(head(path, `Authorization: Bearer ${alice.token}\r\n`), ELSEWHERE)),
    );
    await until(async () => expect(await server.readGauge('tablo_http_connections')).toBeGreaterThan(50));
    for (const socket of slow) socket.resetAndDestroy();
    await until(async () => expect(await server.readGauge('tablo_http_connections')).toBeLessThan(20));
    expect((await say('after that')).status).toBe(201);
    expect(server.lines.filter((line) => /database|failed/i.test(line))).toEqual([]);
  });
});

describe('passwords', () => {
  it('[R11] 285 sign-ins and sign-ups at once are done one or two at a time, and messages, new tokens and the page go on meanwhile', async () => {
    const { say } = await chat();
    const bob = await server.signUp();
    const email = `${crypto.randomUUID()}@example.org`;
    let done = 0;
    const statuses: number[] = [];
    const attempts = times(
      285,
      (nth) =>
        server
          .call(nth % 3 === 0 ? '/api/auth/sign-in/email' : '/api/auth/sign-up/email', {
            body: { name: 'Eve', email: nth % 3 === 0 ? email : `${nth}-${email}`, password: PASSWORD },
            from: '127.0.0.9',
          })
          .then(({ status }) => {
            done += 1;
            statuses.push(status);
          })
          .catch(() => {}), // Given up below.
    );
    await until(async () => expect(await server.readLimit('hashes')).toBeGreaterThan(100));
    const before = done;
    const stillAtIt = () => expect(done, 'attempts that were done first').toBeLessThan(285);
    expect((await say('while they hash')).status).toBe(201);
    const fresh = await server.call('/api/auth/token', { headers: { cookie: bob.cookie }, from: ELSEWHERE });
    const { token } = JSON.parse(fresh.text) as { token: string };
    expect((await server.call('/chat/channels', { token, from: ELSEWHERE })).status).toBe(200);
    expect((await server.call('/', { from: ELSEWHERE })).status).not.toBe(429);
    stillAtIt();
    // Somebody of another address takes their turn in between, not behind a hundred.
    const signIn = { body: { email: bob.email, password: PASSWORD }, from: ELSEWHERE };
    expect((await server.call('/api/auth/sign-in/email', signIn)).status).toBe(200);
    stillAtIt();
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(before / 2);
    // Who has hung up is not hashed for any more: the next to sign in does not wait for all of theirs.
    server.hangUp('127.0.0.9');
    await Promise.all(attempts);
    expect((await server.call('/api/auth/sign-in/email', signIn)).status).toBe(200);
    expect(statuses.filter((status) => ![200, 401, 429].includes(status))).toEqual([]);
  });

  it('guessing one address’s passwords comes to an end, whatever address the guesser claims to have', async () => {
    const few = await openWholeServer({ RATE_SIGN_INS_PER_MINUTE: '10' });
    // Refused before it is hashed: this test need not pay for hashes.
    const guess = async (from: string, claimed: string) =>
      (
        await few.call('/api/auth/sign-in/email', {
          body: { email: 'nobody', password: 'x' },
          headers: { 'x-forwarded-for': claimed, 'x-tablo-client-address': claimed },
          from,
        })
      ).status;
    const statuses = [];
    for (let nth = 0; nth < 100; nth += 1) statuses.push(await guess(HERE, `10.0.0.${nth}`));
    expect(statuses.slice(0, 10)).not.toContain(429);
    expect(statuses).toContain(429);
    expect(await guess(ELSEWHERE, HERE)).toBe(400);
    await few.close();
  });

  it('[R6] an account that exists and one that does not get the same answer, after the same work', async () => {
    const alice = await server.signUp();
    const from = '127.0.0.11';
    const body = (email: string) => ({ email, password: 'not the password' });
    // Time tells nothing certain: what takes the time is counted.
    const hashes = vi.spyOn(Worker.prototype, 'postMessage');
    const attempt = async (email: string) => {
      hashes.mockClear();
      const { status, text } = await server.call('/api/auth/sign-in/email', { body: body(email), from });
      return { status, text, hashes: hashes.mock.calls.length };
    };
    const [known, unknown] = [await attempt(alice.email), await attempt('nobody@example.org')];
    hashes.mockRestore();
    expect(known).toMatchObject({ status: 401, hashes: 1 });
    expect(unknown).toEqual(known);
  });
});

describe('addresses that are none', () => {
  it('[R11] 3,000 random ones below /api/auth are 404 in JSON, or 429, and in no line of the log', async () => {
    const from = '127.0.0.12';
    const statuses = new Map<number, number>();
    const ask = async (nth: number) => {
      const { status, text } = await server.call(`/api/auth/${nth}-${'x'.repeat(2_000)}`, { from });
      expect(JSON.parse(text)).toMatchObject({ code: status === 404 ? 'not-found' : 'rate-limited' });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    };
    for (let nth = 0; nth < 3_000; nth += 100) await Promise.all(times(100, (more) => ask(nth + more)));
    expect([...statuses.keys()].filter((status) => ![404, 429].includes(status))).toEqual([]);
    expect(server.lines.filter((line) => line.includes('xxxxxxxx'))).toEqual([]);
  });

  it.each([
    ['GET', '/api/auth/ok'],
    ['GET', '/api/auth/error?error=x'],
    ['POST', '/api/auth/change-password'],
    ['POST', '/api/auth/update-user'],
    ['GET', '/api/auth/list-sessions'],
    ['POST', '/api/auth/sign-in/social'],
    ['POST', '/api/auth/request-password-reset'],
    ['GET', '/api/auth/sign-in/email'],
    ['POST', '/api/auth/get-session/'],
    ['POST', '/api/auth/%73ign-in/email/x'],
  ])('%s %s is none of ours', async (method, path) => {
    const { status, text } = await server.call(path, { method, ...(method === 'POST' ? { body: {} } : {}) });
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([404, 'not-found']);
  });
});

describe('what anybody may ask for', () => {
  let strict: WholeServer;
  beforeAll(async () => {
    // A fifth of the default, so that a slow machine can be faster than it.
    strict = await openWholeServer({ RATE_OPEN_PER_SECOND: '20' });
  });
  afterAll(() => strict.close());

  it.each([
    ['/docs', 'open'],
    ['/openapi.json', 'open'],
    ['/chat/channels', 'open'],
    ['/nothing.js', 'open'],
    ['/api/auth/get-session', 'auth'],
  ])('[R11] %s has a rate by address; who is elsewhere does not feel it', async (path, limit) => {
    const from = `127.0.1.${path.length}`;
    const bitten = await strict.readLimit(limit);
    let answered = 0;
    for (let nth = 0; nth < 1_000; nth += 100) {
      const answers = await Promise.all(times(100, () => strict.call(path, { from })));
      answered += answers.filter(({ status }) => status !== 429).length;
    }
    expect(answered).toBeGreaterThanOrEqual(200);
    // The answer may be a quarter of a second old.
    await until(async () => expect(await strict.readLimit(limit)).toBeGreaterThan(bitten), 5_000);
    expect((await strict.call(path, { from: HERE })).status).not.toBe(429);
  });

  it('[R11] who asks on after a hundred refusals is refused before the routes hear of it, and another kind of request is not', async () => {
    const from = '127.0.1.99';
    const bitten = await strict.readLimit('refusals');
    const answers = await Promise.all(times(1_000, () => strict.call('/chat/channels', { from, method: 'HEAD' })));
    expect(answers.map(({ status }) => status)).toContain(429);
    // Those that were under way together are refused by the routes.
    await Promise.all(times(500, () => strict.call('/chat/channels', { from, method: 'HEAD' })));
    await until(async () => expect(await strict.readLimit('refusals')).toBeGreaterThan(bitten), 5_000);
    expect((await strict.call('/healthz', { from })).status).toBe(200);
    expect((await strict.call('/chat/channels', { from, method: 'OPTIONS' })).status).toBe(204);
  });

  it('[R11] the page is given out by the hundreds a second to one address, as an office needs it', async () => {
    const answers = await Promise.all(times(1_000, () => server.call('/', { from: '127.0.0.13' })));
    expect(answers.some(({ status }) => status === 429)).toBe(false);
  });

  it('[R11] a probe that speaks HTTP/1.0 and names no host is answered', async () => {
    const socket = await server.dial('GET /readyz HTTP/1.0\r\n\r\n');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(socket, 'close');
    expect(text).toContain('200 OK');
  });

  it('[R6] metrics are for this machine, not for who comes through a proxy on it', async () => {
    expect((await server.call('/metrics')).status).toBe(200);
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
      expect((await server.call('/metrics', { headers: { [name]: HERE } })).status, name).toBe(404);
    expect((await server.call('/metrics', { token: 'a-guess' })).status).toBe(404);
    expect((await server.call('/metrics', { headers: { host: 'evil.example' } })).status).toBe(404);
  });
});

describe('pages of others', () => {
  const signIn = async (headers: Record<string, string>) =>
    (
      await server.call('/api/auth/sign-in/email', {
        body: { email: 'nobody@example.org', password: PASSWORD },
        headers,
        from: '127.0.0.14',
      })
    ).status;

  it('[R3] sign nobody in, also where a browser names no origin', async () => {
    for (const site of ['cross-site', 'same-site']) expect(await signIn({ 'sec-fetch-site': site }), site).toBe(403);
    expect(await signIn({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await signIn({ origin: 'https://evil.example' })).toBe(403);
    expect(await signIn({ 'sec-fetch-site': 'same-origin', origin: server.url })).toBe(401);
    expect(await signIn({ 'sec-fetch-site': 'none' })).toBe(401);
    expect(await signIn({})).toBe(401);
  });

  it('[R3] cannot send a form in somebody’s name', async () => {
    expect(await signIn({ 'content-type': 'application/x-www-form-urlencoded' })).toBe(400);
    expect(await signIn({ 'content-type': 'text/plain' })).toBe(400);
  });
});

describe('with other settings', () => {
  it('[R3] a name that somebody else leads here is not ours, where PUBLIC_URL says what is', async () => {
    const other = await openWholeServer({
      PUBLIC_URL: 'https://chat.example',
      METRICS_TOKEN: 'the-token-of-the-metrics',
      DOCS: 'no',
    });
    const statusOf = async (headers: Record<string, string>) => {
      const body = { email: 'nobody@example.org', password: PASSWORD };
      return (await other.call('/api/auth/sign-in/email', { body, headers })).status;
    };
    expect(await statusOf({ host: 'evil.example', origin: 'http://evil.example' })).toBe(403);
    expect(await statusOf({ host: 'evil.example' })).toBe(403);
    expect(await statusOf({ host: 'chat.example', origin: 'https://chat.example' })).toBe(401);
    // Behind a proxy that passes its own name on, by number, and from inside.
    expect(await statusOf({ host: 'upstream.internal', origin: 'https://chat.example' })).toBe(401);
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ host: 'chat:3000' })).toBe(401);
    for (const path of ['/docs', '/docs/style.css', '/openapi.json'])
      expect((await other.call(path)).status, path).toBe(404);
    const metrics = async (token: string) =>
      (await other.call('/metrics', { token, headers: { 'x-forwarded-for': '192.0.2.7' } })).status;
    expect([await metrics('the-token-of-the-metrics'), await metrics('another-one')]).toEqual([200, 401]);
    await other.close();
  });

  it('metrics can be public, or not there at all; a trusted proxy says who asks', async () => {
    const statusOf = async (env: Record<string, string>, headers: Record<string, string> = {}) => {
      const other = await openWholeServer(env);
      const { status } = await other.call('/metrics', { headers });
      await other.close();
      return status;
    };
    expect(await statusOf({ METRICS: 'public' }, { 'x-forwarded-for': '192.0.2.7' })).toBe(200);
    expect(await statusOf({ METRICS: 'off' })).toBe(404);
    expect(await statusOf({ TRUST_PROXY: 'yes' }, { 'x-forwarded-for': '192.0.2.7' })).toBe(404);
  });
});
