import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { parseDatabaseUrl } from './database-url.ts';

/** As the driver understands what we make of it. */
function read(given: string) {
  const parsed = parseDatabaseUrl(given);
  if (!parsed.ok) throw new Error(parsed.error);
  expect(URL.canParse(parsed.value)).toBe(true);
  const client = new pg.Client({ connectionString: parsed.value });
  const { host, port, user, database, password } = client;
  const ssl = client.ssl as boolean | { readonly rejectUnauthorized?: boolean };
  return { host, port, user, database, password, ssl };
}

const fault = (given: string): string | null => {
  const parsed = parseDatabaseUrl(given);
  return parsed.ok ? null : parsed.error;
};

describe('DATABASE_URL', () => {
  it.each<[string, Partial<ReturnType<typeof read>>]>([
    ['postgres://u:p@h:5433/d', { host: 'h', port: 5433, user: 'u', password: 'p', database: 'd', ssl: false }],
    ['POSTGRESQL://u@h/d', { host: 'h', port: 5432, user: 'u', database: 'd' }],
    ['postgresql://u:p%23%2F%40%3A%25%20%C3%A9@h/d', { password: 'p#/@:% é' }],
    ['postgres://u:a#b+c%d@h/d', { password: 'a#b+c%d', host: 'h' }],
    ['postgres://u:p@ss@h/d', { password: 'p@ss', host: 'h' }],
    ['postgres://u:p@[::1]:5433/d', { host: '::1', port: 5433 }],
    ['postgres://u:p@h/my%20chat', { database: 'my chat' }],
    ['postgres://u:p@%2Fvar%2Frun%2Fpostgresql/d', { host: '/var/run/postgresql', user: 'u', database: 'd' }],
    ['postgres://u:p@%2Ftmp:5433/d', { host: '/tmp', port: 5433 }],
    [
      'postgres:///d?host=/var/run/postgresql&user=u&password=p',
      { host: '/var/run/postgresql', user: 'u', password: 'p', database: 'd' },
    ],
    ['postgres://u:p@/d?host=/tmp', { host: '/tmp', user: 'u', password: 'p', database: 'd' }],
    ['postgres://u:p@/d', { user: 'u', password: 'p', database: 'd', host: 'localhost' }],
    ['postgres://h?dbname=d&user=u&port=5433', { host: 'h', database: 'd', user: 'u', port: 5433 }],
    ['postgres://u@h', { user: 'u', database: 'u' }],
    ['postgres://u@h/d?hostaddr=127.0.0.1', { host: '127.0.0.1' }],
    ['host=h port=5433 dbname=d user=u password=p', { host: 'h', port: 5433, database: 'd', user: 'u', password: 'p' }],
    [
      String.raw`host = '/tmp' dbname='my chat' user=u password='it\'s \\ p'`,
      { host: '/tmp', database: 'my chat', password: String.raw`it's \ p` },
    ],
    ['postgres://u@h/d?sslmode=disable', { ssl: false }],
    ['postgres://u@h/d?sslmode=allow', { ssl: false }],
    ['postgres://u@h/d?sslmode=require', { ssl: { rejectUnauthorized: false } }],
    ['postgres://u@h/d?ssl=true', { ssl: { rejectUnauthorized: false } }],
    ['postgres://u@h/d?sslmode=no-verify', { ssl: { rejectUnauthorized: false } }],
    ['postgres://u@h/d?sslmode=verify-full', { ssl: {} }],
    ['postgres://u@h/d?sslrootcert=system', { ssl: {} }],
    ['host=/tmp dbname=d sslmode=require', { ssl: false }],
    [
      'postgres://u@h/d?statement_timeout=1&max=1&connect_timeout=5&target_session_attrs=read-write&pgbouncer=true&schema=public',
      { host: 'h' },
    ],
  ])('DATABASE_URL is read as libpq reads it: %s', (given, expected) => {
    expect(read(given)).toMatchObject(expected);
  });

  it('DATABASE_URL keeps options, and drops what the driver would take for settings of its own', () => {
    const parsed = parseDatabaseUrl('postgres://u@h/d?options=-c%20geqo%3Doff&max=1&statement_timeout=1');
    expect(parsed).toEqual({ ok: true, value: 'postgres://u@h/d?options=-c%20geqo%3Doff' });
  });

  it.each([
    ['mysql://h/d', /beginning with postgres/],
    ['h/d', /beginning with postgres/],
    ['host=h nonsense', /pairs such as/],
    ['postgres://u@h1,h2/d', /one host/],
    ['postgres://u@h1:1,h2:2/d', /one host/],
    ['host=h1,h2', /one host/],
    ['postgres://u@h:http/d', /port/],
    ['postgres://u@h:70000/d', /port/],
    ['postgres://u:%ff@h/d', /UTF-8/],
    ['postgres://u@h/d?sslmode=sometimes', /sslmode is one of/],
    ['postgres://u@h/d?sslmode=verify-ca', /sslrootcert/],
    ['postgres://u@h/d?channel_binding=require', /channel_binding=require/],
    ['postgres://u@h/d?target_session_attrs=standby', /target_session_attrs=standby/],
    ['postgres://u@h/d?search_path=x', /without search_path/],
    ['service=chat', /without service/],
  ])('DATABASE_URL says what cannot be done: %s', (given, sentence) => {
    expect(fault(given)).toMatch(sentence);
  });

  it('DATABASE_URL never repeats a password', () => {
    for (const given of [
      'postgres://u:hunter2@h:http/d',
      'mysql://u:hunter2@h',
      'password=hunter2 nonsense',
      'postgres://u:hunter2@h/d?channel_binding=hunter2 x',
    ])
      expect(fault(given)).not.toContain('hunter2');
  });
});
