import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { type LimitName, Limits } from '../../access/limits/limits.ts';
import { openStaticPage } from '../answers/static-page.ts';
import { createPageListener } from '../pages/page-listener.ts';
import { defaultLimitSettings } from '../testing/test-rest.ts';
import { createWaitListener, REFUSALS_MAX, REFUSALS_PER_CONNECTION } from './repeated-refusals.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server whose routes answer with `status`, and count how often they are asked. The page has a file a second, and ten at once. */
async function open({ trustProxy = false, holdMs = 0 } = {}) {
  const bitten: LimitName[] = [];
  const routes = { asked: 0, status: 429 };
  const clock = { now: 0 };
  const first = createWaitListener({
    limits: new Limits(defaultLimitSettings(), (limit) => bitten.push(limit)),
    verifier: { remembers: (token) => token.startsWith('good') },
    services: { remembers: (token) => token.startsWith('service') },
    publicUrl: null,
    allowedOrigins: ['https://app.example'],
    trustProxy,
    now: () => clock.now,
    holdMs,
  });
  const limits = new Limits({ ...defaultLimitSettings(), pagePerSecond: 1 });
  const page = createPageListener(openStaticPage('/nowhere'), { limits, publicUrl: null, trustProxy });
  const server: Server = createServer((request, response) => {
    if (page(request, response) || first(request, response)) return;
    routes.asked += 1;
    response.writeHead(routes.status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closers.push(
    () => agent.destroy(),
    () => server.close(),
  );
  const { port } = server.address() as AddressInfo;
  const ask = async (path = '/chat/channels', headers: IncomingHttpHeaders = {}, method = 'GET') => {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent, headers, method });
    request.end();
    const [response] = await once(request, 'response');
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode as number, headers: response.headers as IncomingHttpHeaders, text };
  };
  const askOften = async (times: number, ...what: Parameters<typeof ask>) => {
    for (let nth = 0; nth < times; nth += 1) await ask(...what);
  };
  return { ask, askOften, routes, clock, bitten };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

it('[R11] a client that goes on asking after a hundred refusals is refused before the routes hear of it, until a second has passed', async () => {
  const { ask, askOften, routes, clock, bitten } = await open();
  await askOften(REFUSALS_MAX + 50);
  expect(routes.asked).toBe(REFUSALS_MAX);
  expect(new Set(bitten)).toEqual(new Set(['refusals']));
  const refused = await ask('/chat/channels', { origin: 'https://app.example' });
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1', 'x-content-type-options': 'nosniff' } });
  expect(refused.headers['access-control-allow-origin']).toBe('https://app.example');
  expect(JSON.parse(refused.text)).toMatchObject({ code: 'rate-limited' });
  clock.now = 1_000;
  routes.status = 200;
  expect((await ask()).status).toBe(200);
});

it('[R11] a refusal of ours is held back, so that asking on is slow for who does it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { ask, askOften, routes } = await open({ holdMs: 250 });
    await askOften(REFUSALS_MAX);
    let isAnswered = false;
    const refused = ask().then(({ status }) => {
      isAnswered = true;
      return status;
    });
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(249);
    for (let nth = 0; nth < 20; nth += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await refused).toBe(429);
    expect(routes.asked).toBe(REFUSALS_MAX);
  } finally {
    vi.useRealTimers();
  }
});

it('[R11] what was answered counts for nothing, however much it is', async () => {
  const { askOften, routes } = await open();
  routes.status = 200;
  await askOften(3 * REFUSALS_MAX);
  expect(routes.asked).toBe(3 * REFUSALS_MAX);
});

it('[R11] a refused member costs a neighbour at the same address nothing, nor themselves another method', async () => {
  const { ask, askOften, routes } = await open();
  await askOften(2 * REFUSALS_MAX, '/chat/channels', bearer('good-mallory'));
  routes.status = 200;
  expect((await ask('/chat/channels', bearer('good-mallory'))).status).toBe(429);
  expect((await ask('/chat/channels', bearer('good-mallory'), 'POST')).status).toBe(200);
  expect((await ask('/chat/channels', bearer('good-alice'))).status).toBe(200);
  expect((await ask('/chat/channels')).status).toBe(200);
});

it('[R11] a back end that is refused for one person is not for another; a person gains nothing by naming many', async () => {
  const { ask, askOften, routes } = await open();
  const named = (token: string, user: string) => ({ ...bearer(token), 'chat-user': user });
  await askOften(REFUSALS_MAX, '/chat/channels', named('service', 'alice'));
  for (let nth = 0; nth < REFUSALS_MAX; nth += 1) await ask('/chat/channels', named('good-mallory', `user-${nth}`));
  routes.status = 200;
  expect((await ask('/chat/channels', named('service', 'alice'))).status).toBe(429);
  expect((await ask('/chat/channels', named('service', 'bob'))).status).toBe(200);
  expect((await ask('/chat/channels', named('good-mallory', 'anew'))).status).toBe(429);
});

it('[R11] strangers of an address are one, whatever tokens they invent, and each kind of request is apart', async () => {
  const { ask, askOften, routes } = await open();
  for (let nth = 0; nth < REFUSALS_MAX; nth += 1) await ask(`/chat/${nth}`, bearer(`bad-${nth}`));
  routes.status = 200;
  expect((await ask('/chat/channels', bearer('bad-anew'))).status).toBe(429);
  for (const path of ['/healthz', '/docs', '/api/auth/token', '/api/auth/sign-in/email'])
    expect([path, (await ask(path)).status]).toEqual([path, 200]);
  routes.status = 429;
  await askOften(REFUSALS_MAX, '/api/auth/sign-in/email', {}, 'POST');
  routes.status = 200;
  expect((await ask('/api/auth/sign-in/email', {}, 'POST')).status).toBe(429);
  expect((await ask('/api/auth/token')).status).toBe(200);
});

it('[R11] a connection ends after some of these refusals; a proxy’s, which carries everybody, does not', async () => {
  const closedOf = async (settings: Parameters<typeof open>[0]) => {
    const { ask, askOften } = await open(settings);
    await askOften(REFUSALS_MAX);
    const closed: (string | undefined)[] = [];
    for (let nth = 0; nth < REFUSALS_PER_CONNECTION; nth += 1) closed.push((await ask()).headers.connection);
    return closed.map((header, nth) => (header === 'close' ? nth + 1 : 0)).filter((nth) => nth > 0);
  };
  expect(await closedOf({})).toEqual([REFUSALS_PER_CONNECTION]);
  expect(await closedOf({ trustProxy: true })).toEqual([]);
});

it('[R11] a connection ends as well after some refusals of the page’s files', async () => {
  const { ask, askOften } = await open();
  await askOften(10 + REFUSALS_PER_CONNECTION - 5, '/');
  const later = [];
  for (let nth = 0; nth < 10; nth += 1) later.push((await ask('/')).headers.connection);
  expect(later).toContain('close');
});

it('[R11] behind a proxy that is trusted, each address is told for itself', async () => {
  const { ask, askOften, routes } = await open({ trustProxy: true });
  const from = (address: string) => ({ 'x-forwarded-for': address });
  await askOften(REFUSALS_MAX, '/docs', from('192.0.2.7'));
  routes.status = 200;
  expect((await ask('/docs', from('192.0.2.7'))).status).toBe(429);
  expect((await ask('/docs', from('192.0.2.8'))).status).toBe(200);
});
