/** Whether an error says that PostgreSQL cannot do anything now, rather than that we asked for something wrong. */

/** Classes of SQLSTATE (PostgreSQL documentation, appendix A): connection, resources, operator's intervention, system, and what only needs a second try. */
const AWAY_CLASSES = ['08', '53', '57', '58', '40', '55'];
/** A standby after a failover refuses writes. */
const READ_ONLY_TRANSACTION = '25006';
const SOCKET_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
];
/** pg's own words, which carry no code. */
const PG_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;

export function isDatabaseAway(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (error instanceof AggregateError && error.errors.some(isDatabaseAway)) return true;
  if (typeof code !== 'string') return PG_MESSAGES.test(error.message);
  if (SOCKET_CODES.includes(code) || code === READ_ONLY_TRANSACTION) return true;
  return code.length === 5 && AWAY_CLASSES.includes(code.slice(0, 2));
}
