// A reverse proxy in front of the real server: what is refused for the names it passes on says which setting mends it, and with that setting all of it works.
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Database, openDatabase } from '../support/database.ts';
import { RestPerson } from '../support/rest-person.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { openReverseProxy, type ReverseProxy } from './reverse-proxy.ts';

let database: Database;
let server: RunningServer;
let proxy: ReverseProxy;
beforeAll(async () => {
  database = await openDatabase();
  server = await startServer({ env: { DATABASE_URL: database.url } });
});
afterAll(async () => {
  await server.stop();
  await database.close();
});
beforeEach(async () => {
  proxy = await openReverseProxy(server.url);
});
afterEach(() => proxy.close());

/** `open`, or the status and words of the refusal. */
function openSocket(origin: string, url = proxy.url): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/sync`, { origin });
    socket.on('error', () => {});
    socket.on('open', () => {
      resolve('open');
      socket.terminate();
    });
    socket.on('unexpected-response', (_, answer) => {
      let words = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        words += chunk;
      });
      answer.on('end', () => resolve(`${answer.statusCode} ${words}`));
    });
  });
}

async function signUp(origin: string): Promise<string> {
  const answer = await fetch(`${proxy.url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin, 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ name: 'Ann', email: `ann.${crypto.randomUUID()}@example.org`, password: 'correct horse' }),
  });
  return `${answer.status} ${await answer.text()}`;
}

/** Each has a name, and so an address, of their own. */
let people = 0;

async function createInvitation(url = proxy.url): Promise<string> {
  people += 1;
  const person = new RestPerson(url, `Ann ${'x'.repeat(people)}`);
  await person.signUp('correct horse battery');
  return person.inviteUrl(await person.createTablo('Plans'));
}

const bothNames = () => new RegExp(`${proxy.url}.*${new URL(server.url).host}.*PUBLIC_URL`, 's');

it('the server names both addresses and the setting, on the page and in one line of the log', async () => {
  const { url } = proxy;
  for (let nth = 0; nth < 30; nth += 1) expect(await openSocket(url)).toMatch(/^403 /);
  expect(await openSocket(url)).toMatch(bothNames());
  expect(await signUp(url)).toMatch(/^403 /);
  expect(await signUp(url)).toMatch(bothNames());
  const config = await fetch(`${url}/api/config?page=${encodeURIComponent(url)}`);
  expect(((await config.json()) as { sockets_refused?: string }).sockets_refused).toMatch(bothNames());
  const lines = server
    .output()
    .split('\n')
    .filter((line) => line.includes(url));
  // One for sockets and accounts together, however often.
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(new URL(server.url).host);
  expect(lines[0]).toContain('PUBLIC_URL');
});

it('the server works when the proxy passes Host on', async () => {
  proxy.passesHost = true;
  expect(await openSocket(proxy.url)).toBe('open');
  expect(await signUp(proxy.url)).toMatch(/^200 /);
  expect(await createInvitation()).toMatch(new RegExp(`^${proxy.url}/invite/`));
});

it('the server works with PUBLIC_URL, invitations included, however that is written', async () => {
  await server.restart({ PUBLIC_URL: `${proxy.url.replace('http', 'HTTP')}/` });
  expect(await openSocket(proxy.url)).toBe('open');
  expect(await signUp(proxy.url)).toMatch(/^200 /);
  expect(await createInvitation()).toMatch(new RegExp(`^${proxy.url}/invite/`));
  const elsewhere = 'http://www.example.org';
  expect(await openSocket(elsewhere)).toMatch(new RegExp(`^403 .*${elsewhere}.*${proxy.url}.*PUBLIC_URL`, 's'));
  expect(await signUp(elsewhere)).toMatch(/^403 /);
  await untilTrue('the log says so', () => server.output().includes(elsewhere));
});

it('the server works with what a trusted proxy says of the request', async () => {
  await server.restart({ TRUST_PROXY: 'yes' });
  const host = new URL(proxy.url).host;
  for (const says of [{ 'x-forwarded-host': host }, { forwarded: `for=192.0.2.1;host="${host}";proto=http` }]) {
    proxy.says = says;
    expect(await openSocket(proxy.url)).toBe('open');
    expect(await signUp(proxy.url)).toMatch(/^200 /);
    expect(await createInvitation()).toMatch(new RegExp(`^${proxy.url}/invite/`));
  }
  proxy.says = { 'x-forwarded-host': host, 'x-forwarded-proto': 'https' };
  expect(await openSocket(proxy.url.replace('http:', 'https:'))).toBe('open');
  expect(await createInvitation()).toMatch(new RegExp(`^https://${host}/invite/`));
});

it.each([
  ['takes the path off', true],
  ['passes the path on', false],
])(
  'below a path works behind a proxy that %s, and for programs that ask the server itself, with the path or without',
  async (_, takesPathOff) => {
    const below = await openReverseProxy([{ path: '/chat', target: server.url, takesPathOff }]);
    try {
      const publicUrl = `${below.url}/chat`;
      await server.restart({ PUBLIC_URL: `${publicUrl}/` });
      for (const url of [publicUrl, server.url, `${server.url}/chat`]) {
        expect(await createInvitation(url)).toMatch(new RegExp(`^${publicUrl}/invite/`));
        expect(await openSocket(below.url, url)).toBe('open');
        expect(await openSocket('https://elsewhere.example', url)).toMatch(/^403 .*PUBLIC_URL/s);
        expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
        expect((await fetch(`${url}/chat/channels`)).status).toBe(401);
      }
      const docs = await (await fetch(`${publicUrl}/docs`)).text();
      const links = [...docs.matchAll(/href="([^"]*)"/g)].map(([, link = '']) => new URL(link, `${publicUrl}/docs`));
      expect(links).toHaveLength(2);
      for (const link of links) expect((await fetch(link)).status).toBe(200);
    } finally {
      await below.close();
    }
  },
);
