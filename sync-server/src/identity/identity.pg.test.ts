import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { ACCOUNT_PROBLEMS } from '@tablo/schema/account-problems';
import { getMigrations } from 'better-auth/db/migration';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { localKeys } from '../access/tokens/token-keys.ts';
import { JwtVerifier } from '../access/tokens/token-verifier.ts';
import { isDatabaseAway } from '../base/database-away.ts';
import { createLog, silentLog } from '../base/log.ts';
import { createPool } from '../db/pool.ts';
import { onServer, openTestDatabase, type TestDatabase } from '../db/testing/test-database.ts';
import { type AuthSettings, authOptions } from './auth-options.ts';
import { IDENTITY_SCHEMA, type Identity, openIdentity } from './identity.ts';
import { PasswordHasher } from './password-hasher.ts';
import { SESSIONS_MAX } from './pg-sessions.ts';

const SETTINGS: AuthSettings = {
  issuer: 'tablo-chat',
  audience: null,
  publicUrl: null,
  allowedOrigins: ['https://app.example'],
  trustProxy: false,
};
const PASSWORD = 'correct horse battery';

let database: TestDatabase;
let identity: Identity;
beforeAll(async () => {
  database = await openTestDatabase();
  identity = await openIdentity(database.url, SETTINGS, silentLog);
});
afterAll(async () => {
  await identity.close();
  await database.close();
});

interface Call {
  readonly body?: object;
  readonly cookie?: string;
  readonly headers?: Record<string, string>;
  readonly by?: Identity;
}

/** As Node's `fetch` sends it: with `sec-fetch-mode`, without an origin. */
async function call(path: string, { body, cookie, headers = {}, by = identity }: Call = {}) {
  const request = new Request(`http://127.0.0.1:3000/api/auth${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      host: '127.0.0.1:3000',
      'sec-fetch-mode': 'cors',
      'content-type': 'application/json',
      ...(cookie === undefined ? {} : { cookie }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await by.handle(request, '127.0.0.1');
  const text = await response.text();
  const setCookie = response.headers.getSetCookie();
  return {
    status: response.status,
    body: text === '' ? null : JSON.parse(text),
    setCookie,
    cookie: setCookie.map((one) => one.split(';')[0]).join('; '),
  };
}

const newEmail = () => `user-${randomUUID()}@example.org`;
const signUp = (email = newEmail(), by = identity) =>
  call('/sign-up/email', { body: { name: 'Alice', email, password: PASSWORD }, by });
const signIn = (email: string, password: string, more: Call = {}) =>
  call('/sign-in/email', { body: { email, password }, ...more });

describe('accounts', () => {
  it('accounts sign up, sign in, ask who they are, and sign out', async () => {
    const email = newEmail();
    const up = await signUp(email);
    expect(up.status).toBe(200);
    expect(up.body.user.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const { cookie, status } = await signIn(email, PASSWORD);
    expect(status).toBe(200);
    expect((await call('/get-session', { cookie })).body.user).toMatchObject({ name: 'Alice', email });
    expect((await call('/sign-out', { body: {}, cookie })).status).toBe(200);
    expect((await call('/token', { cookie })).status).toBe(401);
  });

  it('accounts get a 15-minute token that the verifier takes like any issuer’s', async () => {
    const { cookie, body } = await signUp();
    const { token } = (await call('/token', { cookie })).body;
    const verifier = new JwtVerifier(
      localKeys(() => identity.readKeys()),
      { issuer: 'tablo-chat', audience: null },
    );
    expect(await verifier.verify(token)).toMatchObject({
      ok: true,
      value: { userId: body.user.id, name: 'Alice', email: body.user.email },
    });
    const { iat = 0, exp = 0, iss, ...claims } = decodeJwt(token);
    expect({ lifetime: exp - iat, iss }).toEqual({ lifetime: 900, iss: 'tablo-chat' });
    expect(Object.keys(claims).sort()).toEqual(['aud', 'email', 'name', 'sub']);
    expect(decodeProtectedHeader(token).alg).toBe('EdDSA');
    expect((await call('/jwks')).body.keys).toHaveLength(1);
    expect(JSON.stringify(await identity.readKeys())).not.toContain('"d"');
  });

  it('accounts have passwords of 8 characters or more, and names that can be shown', async () => {
    const body = { name: 'Alice', email: newEmail(), password: PASSWORD };
    expect((await call('/sign-up/email', { body: { ...body, password: '1234567' } })).status).toBe(400);
    for (const name of ['', '  ', 'a\u0000b', 'x'.repeat(201), '\u200B\u2060', '\u202E', '\u3164', '\u0301'])
      expect((await call('/sign-up/email', { body: { ...body, name } })).status).toBe(400);
  });

  it('accounts are refused in our own sentences, each with the field that it is about, and never in the words of the library', async () => {
    const email = newEmail();
    await signUp(email);
    const body = { name: 'Alice', email, password: PASSWORD };
    const refusals = [
      ['/sign-up/email', { ...body, email: 'foo@bar' }, 'INVALID_EMAIL'],
      ['/sign-up/email', { ...body, email: 7 }, 'INVALID_EMAIL'],
      ['/sign-up/email', { ...body, email: undefined }, 'INVALID_EMAIL'],
      ['/sign-up/email', { ...body, name: 7 }, 'INVALID_NAME'],
      ['/sign-up/email', { ...body, password: '' }, 'INVALID_PASSWORD'],
      ['/sign-up/email', { ...body, email: newEmail(), password: 'short' }, 'PASSWORD_TOO_SHORT'],
      ['/sign-up/email', { ...body, email: newEmail(), password: 'x'.repeat(129) }, 'PASSWORD_TOO_LONG'],
      ['/sign-up/email', body, 'USER_ALREADY_EXISTS'],
      ['/sign-in/email', { email: 'foo@bar', password: PASSWORD }, 'INVALID_EMAIL'],
      ['/sign-in/email', { email, password: 'wrong password' }, 'INVALID_EMAIL_OR_PASSWORD'],
      ['/sign-in/email', { email, password: PASSWORD, callbackURL: 'https://evil.example' }, 'NOT_UNDERSTOOD'],
    ] as const;
    for (const [path, given, code] of refusals) {
      const { status, body: answer } = await call(path, { body: given });
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(answer).toEqual({ code, message: ACCOUNT_PROBLEMS[code].sentence });
    }
    const tooLong = await call('/sign-up/email', { body: { ...body, email: newEmail(), name: 'x'.repeat(201) } });
    expect(tooLong.body).toEqual({ code: 'INVALID_NAME', message: 'The name must be 1 to 200 characters.' });
  });

  it('[R3] accounts have the name that others see: no bidi controls, nothing invisible; a word of the page is taken', async () => {
    for (const [name, shown] of [
      ['\u202E Alice\u200B  Liddell ', 'Alice Liddell'],
      ['علی\u200Cرضا', 'علی\u200Cرضا'],
      ['You', 'You'],
    ]) {
      const { status, body } = await call('/sign-up/email', { body: { name, email: newEmail(), password: PASSWORD } });
      expect({ status, name: body.user.name }).toEqual({ status: 200, name: shown });
    }
  });

  it('[R6] accounts are not told apart by a failed sign-in: the same answer, after as many hashes', async () => {
    const email = newEmail();
    await signUp(email);
    const hashes = vi.spyOn(Worker.prototype, 'postMessage');
    const attempt = async (address: string) => {
      hashes.mockClear();
      const { status, body } = await signIn(address, 'wrong password');
      return { status, body, hashes: hashes.mock.calls.length };
    };
    const [wrong, unknown] = [await attempt(email), await attempt(newEmail())];
    hashes.mockRestore();
    expect(wrong).toMatchObject({ status: 401, hashes: 1 });
    expect(unknown).toEqual(wrong);
  });
});

describe('what the library has to say', () => {
  it('[R11] what the library has to say is told in its own words: nothing that a stranger sent is in the log, nor makes a line of it', async () => {
    const lines: string[] = [];
    const log = createLog({ level: 'debug', format: 'text', write: (line) => void lines.push(line) });
    const talking = await openIdentity(database.url, SETTINGS, log);
    const forged = 'x\n12:00:00 error Nothing can be stored';
    const body = { email: newEmail(), password: PASSWORD, callbackURL: forged };
    expect((await call('/sign-in/email', { body, by: talking })).status).toBe(403);
    await call('/sign-in/email', { body, by: talking, headers: { origin: 'https://evil.example' } });
    await talking.close();
    expect(lines[0]).toMatch(/^\S+ warn The identity service has something to say\. said="Invalid callbackURL"\n$/);
    expect(lines.join('')).not.toMatch(/stored|evil/);
  });
});

describe('cookies', () => {
  it('cookies are out of scripts’ reach and stay on this site; Secure where the address is https', async () => {
    for (const cookie of (await signUp()).setCookie) expect(cookie).toMatch(/HttpOnly; SameSite=Lax/);
    const secure = await openIdentity(database.url, { ...SETTINGS, publicUrl: 'https://chat.example' }, silentLog);
    const { setCookie } = await signUp(newEmail(), secure);
    expect(setCookie[0]).toMatch(/^__Secure-tablo\.session_token=.*; HttpOnly; Secure; SameSite=Lax/);
    await secure.close();
  });

  it('cookies are those of the path where the server lives, and called after it', async () => {
    const below = await openIdentity(
      database.url,
      { ...SETTINGS, publicUrl: 'https://app.example/team/chat' },
      silentLog,
    );
    const { setCookie } = await signUp(newEmail(), below);
    expect(setCookie[0]).toMatch(
      /^__Secure-tablo\.team\.chat\.session_token=.*; Path=\/team\/chat; HttpOnly; Secure; SameSite=Lax/,
    );
    await below.close();
  });

  it('cookies work whether the page was opened by name, by number, or through a proxy that speaks HTTPS; not from elsewhere', async () => {
    const email = newEmail();
    const { cookie } = await signUp(email);
    const from = (origin: string, host = '127.0.0.1:3000') =>
      signIn(email, PASSWORD, { cookie, headers: { origin, host } });
    expect((await from('http://127.0.0.1:3000')).status).toBe(200);
    expect((await from('http://localhost:3000', 'localhost:3000')).status).toBe(200);
    expect((await from('https://chat.example', 'chat.example')).status).toBe(200);
    expect((await from('https://app.example')).status).toBe(200);
    for (const origin of [
      'https://evil.example',
      'null',
      'http://127.0.0.1:3001',
      'https://app.example.evil.example',
    ]) {
      expect((await from(origin)).status, origin).toBe(403);
    }
    expect((await call('/sign-out', { body: {}, cookie, headers: { origin: 'https://evil.example' } })).status).toBe(
      403,
    );
  });
});

describe('without the database', () => {
  it('[R11] the identity service without its database says that it failed, never that somebody is signed out, and goes on when it is back', async () => {
    const fresh = await openTestDatabase();
    const name = new URL(fresh.url).pathname.slice(1);
    const by = await openIdentity(fresh.url, SETTINGS, silentLog);
    const { cookie } = await signUp(newEmail(), by);
    await onServer(database.url, async (client) => {
      await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
      for (const path of ['/token', '/get-session', '/jwks']) {
        await expect(call(path, { cookie, by })).rejects.toSatisfy(isDatabaseAway);
      }
      await expect(signIn(newEmail(), PASSWORD, { by })).rejects.toSatisfy(isDatabaseAway);
      await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    });
    expect((await call('/token', { cookie, by })).status).toBe(200);
    await by.close();
    await fresh.close();
  });
});

describe('what it keeps', () => {
  it('[R11] what the identity service keeps of one account are its newest sessions: signing in again and again fills nothing', async () => {
    const pool = createPool(database.url);
    const email = newEmail();
    const { body, cookie } = await signUp(email);
    const user = body.user.id;
    await pool.query(
      `INSERT INTO tablo_identity."session" (id, "userId", token, "expiresAt", "createdAt", "updatedAt")
       SELECT gen_random_uuid(), $1, gen_random_uuid(), now() + interval '1 day', now() - n * interval '1 minute', now()
       FROM generate_series(1, 300) AS n`,
      [user],
    );
    const again = await signIn(email, PASSWORD);
    const { rows } = await pool.query('SELECT count(*)::int AS n FROM tablo_identity."session" WHERE "userId" = $1', [
      user,
    ]);
    expect(rows[0].n).toBe(SESSIONS_MAX);
    for (const one of [cookie, again.cookie]) expect((await call('/token', { cookie: one })).status).toBe(200);
    await pool.end();
  });

  it('what the identity service keeps is exactly what better-auth wants: its own migrations find nothing left to do', async () => {
    const pool = createPool(database.url, { searchPath: IDENTITY_SCHEMA });
    const migrations = await getMigrations(authOptions(SETTINGS, pool, 'x'.repeat(32), new PasswordHasher(), () => {}));
    expect(migrations.toBeCreated).toEqual([]);
    expect(migrations.toBeAdded).toEqual([]);
    expect(migrations.toBeAddedIndexes).toEqual([]);
    expect(migrations.schemaProblems).toEqual([]);
    await pool.end();
  });

  it('what the identity service keeps survives a restart, and is shared by servers that start together: one secret', async () => {
    const fresh = await openTestDatabase();
    const servers = await Promise.all(Array.from({ length: 4 }, () => openIdentity(fresh.url, SETTINGS, silentLog)));
    const { cookie } = await signUp(newEmail(), servers[0]);
    for (const by of servers) expect((await call('/token', { cookie, by })).status).toBe(200);
    await Promise.all(servers.map((server) => server.close()));
    await fresh.close();
  });

  it('what the identity service keeps is hidden from everybody but the server', async () => {
    const pool = createPool(database.url);
    for (const role of ['anon', 'authenticated']) {
      await expect(pool.query(`BEGIN; SET LOCAL ROLE ${role}; SELECT * FROM tablo_identity."user"`)).rejects.toThrow(
        'permission denied',
      );
      await pool.query('ROLLBACK');
    }
    await pool.end();
  });
});
