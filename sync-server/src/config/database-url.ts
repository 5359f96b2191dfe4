/**
 * DATABASE_URL in every form that libpq takes (PostgreSQL documentation, section 34.1.1): addresses and `key=value`, sockets, IPv6, `sslmode` as libpq means it.
 * It becomes an address that the driver reads in the same way, which it would not do by itself: to it, `sslmode=require` means another thing, and a socket's
 * directory is a host. An option that is not supported is an error; the errors complete the sentence "DATABASE_URL must be …".
 */
import { err, ok, type Result } from '@tablo/schema/result';
import { type Fields, splitDatabaseUrl } from './database-url-fields.ts';

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

/** Options of libpq and of similar drivers that have no meaning here, or that are the default anyway. */
const IDLE = new Set([
  ...['application_name', 'fallback_application_name', 'connect_timeout', 'client_encoding', 'tcp_user_timeout'],
  ...['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count', 'load_balance_hosts'],
  ...['sslcompression', 'sslsni', 'krbsrvname', 'gsslib', 'gssdelegation', 'pgbouncer', 'uselibpqcompat'],
  // The driver would take them for settings of its own.
  ...['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'query_timeout', 'max', 'min'],
]);
/** Values that request what is done anyway. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  channel_binding: ['disable', 'prefer'],
  gssencmode: ['disable', 'prefer'],
  target_session_attrs: ['any', 'read-write', 'primary'],
  sslcertmode: ['allow'],
  schema: ['public'],
};
const IMPOSSIBLE = new Set([
  ...['service', 'servicefile', 'passfile', 'requirepeer', 'sslcrl', 'sslcrldir', 'require_auth', 'replication'],
  ...['sslpassword', 'ssl_min_protocol_version', 'ssl_max_protocol_version', 'search_path'],
]);
const OWN = new Set([
  'host',
  'hostaddr',
  'port',
  'dbname',
  'user',
  'password',
  'options',
  'sslmode',
  'ssl',
  'sslrootcert',
  'sslcert',
  'sslkey',
]);

/** An address for the driver, which `new URL` reads as well. */
export function parseDatabaseUrl(given: string): Result<string, string> {
  const split = splitDatabaseUrl(given);
  if (!split.ok) return split;
  const fields = split.value;
  const host = fields['hostaddr'] ?? fields['host'] ?? '';
  if (`${host}${fields['port'] ?? ''}`.includes(','))
    return err('the address of one host; where there are several, a name or pooler that leads to the primary');
  const port = fields['port'] ?? '';
  if (port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535))
    return err('an address whose port is a number from 1 to 65535');
  if (/[?#]/.test(fields['dbname'] ?? '')) return err('an address of a database whose name has no ? and no #');
  const rest = readOthers(fields);
  if (!rest.ok) return rest;
  const ssl = host.startsWith('/') ? ok([]) : readSsl(fields);
  if (!ssl.ok) return ssl;
  const { options } = fields;
  const params = [...(options === undefined ? [] : [['options', options] as const]), ...ssl.value, ...rest.value];
  return ok(write({ ...fields, host, port }, params));
}

type Params = readonly (readonly [name: string, value: string])[];

/** Unknown options are passed on, and ignored by the driver. */
function readOthers(fields: Fields): Result<Params, string> {
  const others: [string, string][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (OWN.has(name) || IDLE.has(name)) continue;
    if (IMPOSSIBLE.has(name)) return err(`an address without ${name}: this server cannot do what it asks for`);
    const harmless = HARMLESS[name];
    if (harmless === undefined) others.push([name, value]);
    else if (!harmless.includes(value))
      return err(
        `an address without ${name}=${/^[\w-]{1,30}$/.test(value) ? value : '…'}: this server cannot do what it asks for`,
      );
  }
  return ok(others);
}

function readSsl(fields: Fields): Result<Params, string> {
  const { sslmode, ssl, sslrootcert, sslcert, sslkey } = fields;
  const files: Params = [
    ...(sslcert === undefined ? [] : [['sslcert', sslcert] as const]),
    ...(sslkey === undefined ? [] : [['sslkey', sslkey] as const]),
  ];
  let mode = sslmode ?? (ssl === undefined ? undefined : /^(true|1|on|yes)$/.test(ssl) ? 'require' : 'disable');
  if (mode === 'no-verify') mode = 'require'; // A value of the driver's own.
  // The system's certificates, and then the name counts.
  if (sslrootcert === 'system') mode = 'verify-full';
  if (mode === undefined && sslrootcert === undefined && files.length === 0) return ok([]);
  const known: SslMode | undefined = mode === undefined ? 'prefer' : SSL_MODES.find((one) => one === mode);
  if (known === undefined) return err(`an address whose sslmode is one of ${SSL_MODES.join(', ')}`);
  if (known === 'disable' || known === 'allow')
    return ok([
      ['sslmode', 'disable'],
      ['uselibpqcompat', 'true'],
    ]);
  if (known === 'verify-ca' && sslrootcert === undefined)
    return err('an address with sslrootcert, which sslmode=verify-ca compares with; or with sslmode=verify-full');
  const root: Params = sslrootcert === undefined || sslrootcert === 'system' ? [] : [['sslrootcert', sslrootcert]];
  return ok([['sslmode', known], ...root, ...files, ['uselibpqcompat', 'true']]);
}

const encode = encodeURIComponent;

function write(fields: Fields, params: Params): string {
  const { host = '', port = '', user, password, dbname = '' } = fields;
  const isSocket = host.startsWith('/');
  // `new URL` knows no user without a host.
  const isNamed = host !== '';
  const credentials: Params = [
    ...(user === undefined ? [] : [['user', user] as const]),
    ...(password === undefined ? [] : [['password', password] as const]),
  ];
  const named = `${encode(user ?? '')}${password === undefined ? '' : `:${encode(password)}`}@`;
  const authority = !isNamed
    ? ''
    : `${credentials.length === 0 ? '' : named}${isSocket ? 'localhost' : host.includes(':') ? `[${host}]` : encode(host)}`;
  const all = [
    ...(isSocket ? [['host', host] as const] : []),
    ...(isNamed ? [] : credentials),
    ...(port !== '' && !isNamed ? [['port', port] as const] : []),
    ...params,
  ];
  const query = all.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  const path = dbname === '' ? '' : `/${encodeURI(dbname)}`;
  const where = `${authority}${port === '' || !isNamed ? '' : `:${port}`}`;
  return `postgres://${where}${path === '' && where === '' ? '/' : path}${query === '' ? '' : `${path === '' ? '/' : ''}?${query}`}`;
}
