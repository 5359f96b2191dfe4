// The same over a real socket, with the built-in identity service: what `app.request()` cannot show.
import { request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Limits } from '../access/limits/limits.ts';
import { PgMembership } from '../access/members/pg-membership.ts';
import { PgProfiles } from '../access/members/pg-profiles.ts';
import { localKeys } from '../access/tokens/token-keys.ts';
import { JwtVerifier } from '../access/tokens/token-verifier.ts';
import { silentLog } from '../base/log.ts';
import { RefusedPages } from '../base/refused-pages.ts';
import { createPool } from '../db/pool.ts';
import { openTestDatabase, type TestDatabase } from '../db/testing/test-database.ts';
import { type Identity, openIdentity } from '../identity/identity.ts';
import { createRest } from './create-rest.ts';
import { createRestStores } from './stores/pg-stores.ts';
import { defaultLimitSettings, refusingPoster } from './testing/test-rest.ts';

let database: TestDatabase;
let pool: ReturnType<typeof createPool>;
let identity: Identity;
let server: Server;
let url: string;

beforeAll(async () => {
  database = await openTestDatabase();
  pool = createPool(database.url);
  const settings = { issuer: 'tablo-chat', audience: null, publicUrl: null, allowedOrigins: [], trustProxy: false };
  identity = await openIdentity(database.url, settings, silentLog);
  const app = createRest({
    stores: createRestStores(pool),
    verifier: new JwtVerifier(
      localKeys(() => identity.readKeys()),
      settings,
    ),
    membership: new PgMembership(pool),
    profiles: new PgProfiles(pool, silentLog),
    poster: refusingPoster,
    identity,
    refusedPages: new RefusedPages(settings, silentLog),
    limits: new Limits(defaultLimitSettings()),
    hasDocs: true,
    health: null,
    settings,
    log: silentLog,
  });
  server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await identity.close();
  await pool.end();
  await database.close();
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

async function signUp(): Promise<string> {
  const email = `${crypto.randomUUID()}@example.org`;
  const answer = await post('/api/auth/sign-up/email', { name: 'Alice', email, password: 'correct horse' });
  expect(answer.status).toBe(200);
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  return ((await (await fetch(`${url}/api/auth/token`, { headers: { cookie } })).json()) as { token: string }).token;
}

describe('over a socket', () => {
  it('an account is made, and its token opens REST', async () => {
    const token = await signUp();
    const created = await post('/chat/channels', { name: 'Plans' }, { authorization: `Bearer ${token}` });
    expect(created.status).toBe(201);
    const { channel } = (await created.json()) as { channel: { id: string } };
    const invited = await post(`/chat/channels/${channel.id}/invites`, {}, { authorization: `Bearer ${token}` });
    expect(await invited.json()).toMatchObject({ invite: { url: expect.stringMatching(`^${url}/invite/`) } });
    expect(await (await fetch(`${url}/api/config`)).json()).toEqual({ identity: 'built-in' });
  });

  it('what the identity service does not know is 404 in JSON, and its bodies have a limit', async () => {
    const unknown = await fetch(`${url}/api/auth/nothing`);
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ code: 'not-found' });
    const large = await post('/api/auth/sign-up/email', { name: 'x'.repeat(300_000) });
    expect(large.status).toBe(413);
    expect(await large.json()).toMatchObject({ code: 'too-large' });
    expect((await post('/api/auth/sign-in/email', { email: 7 })).status).toBe(400);
  });

  it('a body above the limit is refused although no length was announced, and the server goes on', async () => {
    const token = await signUp();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'transfer-encoding': 'chunked' };
      const request = httpRequest(`${url}/chat/channels`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
      for (let chunk = 0; chunk < 8; chunk += 1) request.write('x'.repeat(64 * 1024));
      request.end();
    });
    expect(status).toBe(413);
    expect((await fetch(`${url}/api/config`)).status).toBe(200);
  });

  it('long answers are compressed', async () => {
    const answer = await fetch(`${url}/openapi.json`, { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(await answer.json()).toMatchObject({ openapi: '3.1.0' });
  });
});
