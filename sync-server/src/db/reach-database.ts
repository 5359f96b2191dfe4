/** Checks DATABASE_URL before anything is done there. Errors tell the operator what is wrong with it. */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type pg from 'pg';
import { READ_ONLY_TRANSACTION } from '../base/sqlstates.ts';
import { asPoolerError } from './pooler.ts';

const PROBE_MS = 5_000;
/** Length, and the code of the request (PostgreSQL documentation, section 54.7, SSLRequest). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/** Throws a sentence where a file of the address cannot be read. `sslmode=prefer` becomes what the server offers, which the driver does not ask for. */
export async function settleDatabaseUrl(url: string): Promise<string> {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  for (const name of FILES) {
    const path = parsed.searchParams.get(name);
    if (path !== null)
      await readFile(path).catch(() => {
        throw new Error(`DATABASE_URL names a file by ${name} that cannot be read.`);
      });
  }
  if (parsed.searchParams.get('sslmode') !== 'prefer') return url;
  const port = Number(parsed.port || parsed.searchParams.get('port') || 5_432);
  const offersTls = await asksForTls(parsed.hostname.replace(/^\[|\]$/g, '') || 'localhost', port);
  // Without an answer, the connection attempt itself will report the reason.
  return url.replace('sslmode=prefer', `sslmode=${offersTls ? 'require' : 'disable'}`);
}

function asksForTls(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.write(SSL_REQUEST));
    const finish = (offersTls: boolean): void => {
      socket.destroy();
      resolve(offersTls);
    };
    socket.setTimeout(PROBE_MS, () => finish(false));
    socket.once('data', (answer) => finish(answer[0] === 'S'.charCodeAt(0)));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}

/** Errors of an invalid certificate, by Node's codes. */
const CERTIFICATE = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_)/;
const NO_ENCRYPTION = /no encryption|SSL (connection )?is required|SSL off/i;

/** What has to change in DATABASE_URL, as a sentence; null: the error is not about it. */
export function describeDatabaseFault(error: unknown): string | null {
  const pooler = asPoolerError(error);
  if (pooler !== null) return pooler.message;
  if (!(error instanceof Error)) return null;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && CERTIFICATE.test(code))
    return `the certificate of DATABASE_URL's server does not hold (${error.message}). Name its authority by sslrootcert, or ask for less by sslmode=require.`;
  if (error.message === 'The server does not support SSL connections')
    return 'DATABASE_URL asks for an encrypted connection (sslmode), which its server does not offer. Set sslmode=disable, or ssl=on in PostgreSQL.';
  if (code === '28000' && NO_ENCRYPTION.test(error.message))
    return `DATABASE_URL's server wants an encrypted connection (${error.message}). Add sslmode=require to the address.`;
  return null;
}

/** Throws PostgreSQL's own error of a read-only transaction where the database takes no changes. A start that has nothing to migrate would not notice. */
export async function assertWritable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ is_read_only: boolean }>(
    "SELECT current_setting('transaction_read_only')::boolean AS is_read_only",
  );
  if (rows[0]?.is_read_only === true)
    throw Object.assign(new Error('the database is read-only'), { code: READ_ONLY_TRANSACTION });
}
