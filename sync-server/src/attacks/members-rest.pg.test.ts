/** What a member can ask of REST, and what the log has of it: rates and places of their own, and nobody's secrets. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Limits } from '../access/limits/limits.ts';
import { HTTP_TIMEOUTS } from '../base/http-connections.ts';
import { createLog } from '../base/log.ts';
import { openPort, type Port } from '../base/port.ts';
import { createRateLimitedLog } from '../base/rate-limited-log.ts';
import { openStaticPage } from '../rest/answers/static-page.ts';
import { createPageListener } from '../rest/pages/page-listener.ts';
import { defaultLimitSettings, newUser, openTestRest, type TestRest } from '../rest/testing/test-rest.ts';
import { until } from '../testing/wait.ts';

const times = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));

describe('one member', () => {
  const bitten: string[] = [];
  const lines: string[] = [];
  let rest: TestRest;
  beforeAll(async () => {
    rest = await openTestRest({
      // A tenth of the default, so that a slow machine can be faster than it.
      limits: new Limits({ ...defaultLimitSettings(), changesPerSecond: 1 }, (limit) => bitten.push(limit)),
      log: createRateLimitedLog(createLog({ level: 'debug', format: 'json', write: (line) => void lines.push(line) })),
    });
  });
  afterEach(() => {
    bitten.length = 0;
    lines.length = 0;
    vi.restoreAllMocks();
  });
  afterAll(() => rest.close());

  it.each([
    ['tablos', 'POST', () => '/chat/channels', () => ({ name: 'Spam' })],
    ['invitations', 'POST', (id: string) => `/chat/channels/${id}/invites`, () => ({})],
    ['members', 'POST', (id: string) => `/chat/channels/${id}/members`, () => ({ user_id: newUser(), role: 'member' })],
    ['names', 'PATCH', (id: string) => `/chat/channels/${id}`, (nth: number) => ({ name: `Spam ${nth}` })],
  ])(
    '[R11] makes %s at a rate: 700 at once are not all made, and nobody else is told to wait',
    async (_, method, path, body) => {
      const [mallory, alice] = [newUser(), newUser()];
      const tablo = await rest.createTablo({ [mallory]: 'owner', [alice]: 'owner' });
      const statuses: number[] = [];
      for (let nth = 0; nth < 700; nth += 50) {
        const answers = await Promise.all(
          times(50, (more) => rest.call(mallory, method, path(tablo), body(nth + more))),
        );
        statuses.push(...answers.map(({ status }) => status));
      }
      const made = statuses.filter((status) => status < 300).length;
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
      expect(made).toBeLessThan(700);
      expect(bitten).toContain('changes');
      const own = await rest.createTablo({ [alice]: 'owner' });
      expect((await rest.call(alice, method, path(own), body(0))).status).toBeLessThan(300);
    },
  );

  it('[R11] who asks for 200 lists at once gets one at a time, and the others get theirs', async () => {
    const [mallory, alice] = [newUser(), newUser()];
    const list = vi.spyOn(rest.pool, 'query');
    const flood = times(200, () => rest.call(mallory, 'GET', '/chat/channels'));
    const honest = rest.call(alice, 'GET', '/chat/channels');
    expect((await honest).status).toBe(200);
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(list.mock.calls.length).toBeLessThan(110);
    expect(bitten).toContain('lists');
  });

  it('[R6] an invitation’s code is not in the log when its request fails, and the pattern of the route is', async () => {
    const code = 'c0ffee-the-invitation';
    for (const error of [new TypeError('a mistake of ours'), Object.assign(new Error('away'), { code: '57P01' })]) {
      vi.spyOn(rest.pool, 'connect').mockRejectedValue(error as never);
      vi.spyOn(rest.pool, 'query').mockRejectedValue(error as never);
      const answer = await rest.call(newUser(), 'POST', `/chat/invites/${code}/accept`);
      expect(answer.status).toBeGreaterThanOrEqual(500);
    }
    const logged = lines.filter((line) => line.includes('"route"'));
    expect(logged).toHaveLength(2);
    for (const line of logged) expect(JSON.parse(line)).toMatchObject({ route: '/chat/invites/:code/accept' });
    expect(lines.join('')).not.toContain('c0ffee');
  });

  it('[R11] 2,000 requests that fail for one reason are twenty lines in the log at the most', async () => {
    vi.spyOn(rest.pool, 'query').mockRejectedValue(new TypeError('a mistake of ours') as never);
    for (let nth = 0; nth < 2_000; nth += 50)
      await Promise.all(times(50, () => rest.call(newUser(), 'GET', '/chat/unread')));
    const said = lines.filter((line) => line.includes('A request failed.')).length;
    expect(said).toBeGreaterThan(0);
    expect(said).toBeLessThanOrEqual(20);
  });
});

describe('a page of many megabytes', () => {
  const SIZE = 12 * 1024 * 1024;
  let root: string;
  let port: Port;
  const sockets: Socket[] = [];
  const bitten: string[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tablo-large-'));
    await mkdir(join(root, 'assets'));
    await writeFile(join(root, 'assets/large.png'), randomBytes(SIZE));
    await writeFile(join(root, 'index.html'), 'the page');
    const log = createLog({ level: 'silent', format: 'json' });
    port = await openPort({
      host: '127.0.0.1',
      port: 0,
      trustProxy: false,
      publicPath: '',
      bounds: { connections: 1_000, connectionsPerAddress: 1_000, mayOpen: () => true },
      onExceeded: (limit) => bitten.push(limit),
      log,
      timeouts: { ...HTTP_TIMEOUTS, stallMs: 5_000, sweepMs: 100 },
    });
    const limits = new Limits(defaultLimitSettings());
    const page = openStaticPage(root);
    await page.compressed;
    const listener = createPageListener(page, { limits, publicUrl: null, trustProxy: false });
    port.serve(
      () => Response.json({}, { status: 404 }),
      (_, socket) => void socket.destroy(),
      listener,
    );
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await port.close();
    await rm(root, { recursive: true });
  });

  it('[R11] asked for on 60 connections that never read holds one copy of it, and the connections end', async () => {
    const before = process.memoryUsage();
    const { port: number } = new URL(port.url);
    await Promise.all(
      times(60, async () => {
        const socket = connect(Number(number), '127.0.0.1');
        sockets.push(socket);
        socket.on('error', () => {}); // Reset by the server: that is what this is about.
        socket.pause();
        await once(socket, 'connect');
        socket.write('GET /assets/large.png HTTP/1.1\r\nHost: x\r\n\r\n');
      }),
    );
    await until(() => expect(port.countConnections()).toBe(60), 10_000);
    expect(await (await fetch(`${port.url}/`)).text()).toBe('the page');
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    expect(arrayBuffers - before.arrayBuffers).toBeLessThan(3 * SIZE);
    expect(heapUsed - before.heapUsed).toBeLessThan(3 * SIZE);
    await until(() => expect(port.countConnections()).toBeLessThan(5), 30_000);
    expect(bitten.filter((limit) => limit === 'stalled').length).toBeGreaterThan(50);
  });
});
