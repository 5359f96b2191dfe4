/**
 * The host's back end: its page, its session (a cookie that says who one is; an example has no passwords), its boards, and the tokens by which its people are known to
 * the chat server. Of the chat it knows one thing alone: where it is.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Pool } from 'pg';
import { type Issuer, openIssuer } from './issuer.ts';

interface HostOptions {
  readonly port: number;
  readonly dataDir: string;
  /** The built page. */
  readonly pageDir: string;
  readonly chatUrl: () => string;
}

interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

const PEOPLE = `SELECT u.id, p.first_name AS name, u.email FROM auth.users u JOIN profiles p USING (id) ORDER BY name`;
const BOARDS = `SELECT t.id, t.name, t.color FROM tablos t JOIN tablo_access a ON a.tablo_id = t.id
  WHERE a.user_id = $1 AND a.is_active AND t.deleted_at IS NULL ORDER BY t.created_at, t.id`;
// Two inserts of the host's own, and the board has its conversation: everybody of the application joins.
const CREATE = `WITH board AS (INSERT INTO tablos (owner_id, name, color) VALUES ($1, $2, '#15803d') RETURNING id),
  access AS (INSERT INTO tablo_access (tablo_id, user_id, is_admin) SELECT board.id, u.id, u.id = $1 FROM board, auth.users u)
  SELECT id FROM board`;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

export async function openHost(pool: () => Pool, options: HostOptions) {
  let issuer: Issuer | null = null;
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    issuer ??= await openIssuer(options.dataDir, url);
    const { pathname } = new URL(request.url ?? '/', url);
    const send = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    if (pathname === '/.well-known/jwks.json') return void send(200, issuer.keys);
    if (!pathname.startsWith('/api/')) return sendPage(pathname, response);
    const { rows: people } = await pool().query<Person>(PEOPLE);
    const me = people.find(({ id }) => request.headers.cookie?.includes(`who=${id}`)) ?? null;
    const route = `${request.method} ${pathname}`;
    if (route === 'GET /api/session') return void send(200, { me, people, chatUrl: options.chatUrl() });
    if (route === 'POST /api/session') {
      const { id } = (await readJson(request)) as { id: string | null };
      const age = id === null ? 'Max-Age=0' : 'Max-Age=86400';
      return void send(200, {}, { 'set-cookie': `who=${id ?? ''}; Path=/; HttpOnly; SameSite=Strict; ${age}` });
    }
    if (me === null) return void send(401, { error: 'Sign in first.' });
    if (route === 'GET /api/token') return void send(200, { token: await issuer.issue(me) });
    if (route === 'GET /api/boards') return void send(200, { boards: (await pool().query(BOARDS, [me.id])).rows });
    if (route === 'POST /api/boards') {
      const { name } = (await readJson(request)) as { name: string };
      return void send(201, (await pool().query(CREATE, [me.id, name])).rows[0]);
    }
    send(404, { error: 'No such thing.' });
  }

  function sendPage(pathname: string, response: ServerResponse): void {
    const asked = join(options.pageDir, pathname);
    const isFile = pathname !== '/' && asked.startsWith(options.pageDir) && existsSync(asked);
    const file = isFile ? asked : join(options.pageDir, 'index.html');
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  }

  return {
    url,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}
