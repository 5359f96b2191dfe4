/** [R11] The table of costs says what everything pays; this asks for everything, and sees what was taken. A refusal is told, and nothing else happens. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { Limits } from '../access/limits/limits.ts';
import { EVERYTHING } from '../costs/cost.ts';
import { COSTS } from '../costs/costs.ts';
import { openStaticPage } from './answers/static-page.ts';
import { createPageListener } from './pages/page-listener.ts';
import { BESIDE_ROUTES, GOOD_TOKEN, openAllRoutes } from './testing/test-all-routes.ts';
import { defaultLimitSettings, newTablo } from './testing/test-rest.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
}

/** What `RestApp` pays with; entries and bytes of a message are the ledger's to take. */
const RATES = [
  'preflights',
  'page',
  'health',
  'open',
  'auth',
  'sign-ins',
  'sign-ups',
  'token-checks',
  'reads',
  'writes',
  'changes',
] as const;

const UNKNOWN_PATHS = ['/chat/nothing', '/chat', '/chat/channels/x/y/z', '/chat/channels/'];

/** By the name in the table, every way to ask for it. */
const REQUESTS: readonly (readonly [string, Asked])[] = [
  ...new Set(openAllRoutes().routes.map(({ method, path }) => `${method} ${path}`)),
]
  .filter((route) => !route.startsWith('ALL '))
  .map((route) => {
    const [method = '', pattern = ''] = route.split(' ');
    const path = pattern.replaceAll(/:code/g, 'abcdefghijklmnop').replaceAll(/:\w+/g, newTablo());
    return [route, { method, path, token: GOOD_TOKEN }] as const;
  });

const chatPaths = [...new Set(REQUESTS.map(([, { path }]) => path).filter((path) => path.startsWith('/chat/')))];
const apiPaths = [...new Set(REQUESTS.map(([, { path }]) => path).filter((path) => path.startsWith('/api/')))];
const ask = (method: string, token: string | null, paths: readonly string[]): Asked[] =>
  paths.map((path) => ({ method, path, token }));

const BESIDE: Readonly<Record<Exclude<(typeof BESIDE_ROUTES)[number], 'the page'> | 'ALL /chat/*', readonly Asked[]>> =
  {
    // Known paths in a way that none of them knows, and unknown ones in every way.
    'ALL /chat/*': [
      ...ask('PROPFIND', GOOD_TOKEN, chatPaths),
      ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'].flatMap((method) =>
        ask(
          method,
          GOOD_TOKEN,
          UNKNOWN_PATHS.filter((path) => path !== '/chat'),
        ),
      ),
    ],
    'no such route': [...ask('GET', null, ['/nothing', '/api/nothing', '/api']), ...ask('POST', null, ['/docs', '/'])],
    'no such route of it': [...ask('GET', null, ['/api/auth/nothing']), ...ask('PROPFIND', null, apiPaths.slice(-1))],
    '/chat without a token': ask('GET', null, [...chatPaths, '/chat/nothing']),
    '/chat with a bad token': ask('GET', 'bad', [...chatPaths, '/chat/nothing']),
    'HEAD /chat/*': ask('HEAD', GOOD_TOKEN, [...chatPaths, ...UNKNOWN_PATHS]),
    'HEAD /api/config': ask('HEAD', null, ['/api/config']),
    'HEAD /api/auth/*': ask('HEAD', null, ['/api/auth/token', '/api/auth/nothing']),
    'OPTIONS /chat/*': ask('OPTIONS', null, [...chatPaths, ...UNKNOWN_PATHS]),
    'OPTIONS /api/*': ask('OPTIONS', null, [...apiPaths, '/api/nothing', '/api']),
  };

const ALL = [
  ...REQUESTS,
  ...Object.entries(BESIDE).flatMap(([name, requests]) => requests.map((asked) => [name, asked] as const)),
].map(([name, asked]) => ({ name, asked, title: `${asked.method} ${asked.path} (${name})`, rates: ratesOf(name) }));

/** What the table has it pay. */
function ratesOf(name: string): string[] {
  return RATES.filter((rate) => isCoveredBy(rate, name));
}

function isCoveredBy(limit: string, name: string): boolean {
  return COSTS.some(({ covers, metric }) => metric === limit && covers !== EVERYTHING && covers.includes(name));
}

function watchLimits(refused: string | null = null) {
  const limits = new Limits(defaultLimitSettings());
  const taken: string[] = [];
  vi.spyOn(limits, 'take').mockImplementation((rate) => {
    taken.push(rate);
    return rate !== refused;
  });
  return { limits, taken };
}

async function send({ method, path, token }: Asked, limits: Limits): Promise<Response> {
  const app = openAllRoutes(limits);
  return await app.request(path, {
    method,
    headers: { host: 'localhost', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
  });
}

describe('everything that HTTP answers', () => {
  it.each(ALL)(
    '[R11] everything that HTTP answers takes of the buckets that the table names, once each: $title',
    async ({ asked, rates }) => {
      const { limits, taken } = watchLimits();
      await send(asked, limits);
      expect(rates.length).toBeGreaterThan(0);
      expect(taken.toSorted()).toEqual(rates.toSorted());
    },
  );

  it.each(ALL)(
    '[R11] a request is told to wait where one of its buckets is empty: $title',
    async ({ asked, rates }) => {
      for (const rate of rates) {
        const { limits } = watchLimits(rate);
        const answer = await send(asked, limits);
        expect([rate, answer.status, answer.headers.get('retry-after')]).toEqual([rate, 429, '1']);
      }
    },
  );

  it.each(ALL.filter(({ name }) => isCoveredBy('answerBytes', name)))(
    '[R11] a user is told to wait while earlier answers are owed for: $title',
    async ({ asked }) => {
      const limits = new Limits({ ...defaultLimitSettings(), answerBytesPerSecond: 1 });
      vi.spyOn(limits, 'isSolvent').mockImplementation((rate) => rate !== 'answerBytes');
      const answer = await send(asked, limits);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    },
  );

  it('[R11] everything that HTTP answers is there in one of its ways, or stands aside from the routes by name', () => {
    expect(new Set(ALL.map(({ name }) => name))).toEqual(
      new Set([
        ...openAllRoutes()
          .routes.map(({ method, path }) => `${method} ${path}`)
          .filter((route) => !['ALL /*', 'ALL /api/*'].includes(route)),
        ...BESIDE_ROUTES.filter((name) => name !== 'the page'),
      ]),
    );
  });

  it('[R11] the page takes of its bucket, and is told to wait where that is empty', () => {
    expect(ratesOf('the page')).toEqual(['page']);
    const statuses = [null, 'page'].map((refused) => {
      const { limits, taken } = watchLimits(refused);
      const settings = { limits, publicUrl: null, trustProxy: false };
      const written: number[] = [];
      const request = { url: '/', method: 'GET', headers: {}, socket: {} } as IncomingMessage;
      const response = { writeHead: (status: number) => void written.push(status), end() {} };
      createPageListener(openStaticPage('/nowhere'), settings)(request, response as unknown as ServerResponse);
      expect(taken).toEqual(['page']);
      return written[0];
    });
    expect(statuses).toEqual([503, 429]);
  });

  it('[R11] HEAD asks nothing of REST, and is there for probes', async () => {
    const statusOf = async (path: string, token: string | null) =>
      (await send({ method: 'HEAD', path, token }, watchLimits().limits)).status;
    expect(await statusOf('/chat/channels', GOOD_TOKEN)).toBe(404);
    expect(await statusOf('/api/config', null)).toBe(404);
    expect(await statusOf('/healthz', null)).toBe(200);
  });
});
