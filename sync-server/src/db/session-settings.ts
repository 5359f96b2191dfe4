/**
 * Settings on which results, times and durability depend, set on every connection: a role or a database may have other defaults (`ALTER ROLE … SET datestyle`). By statements after
 * the connection is there, since poolers refuse most settings that come with it.
 *
 * `default_transaction_read_only` is left as it is: it is set on purpose, for instance by a provider whose disk is full.
 */
export interface SessionSettings {
  /** ms; 0: none. */
  readonly statementTimeoutMs: number;
  /** ms; 0: none. */
  readonly idleInTransactionMs: number;
  readonly searchPath: string;
}

const FIXED: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  standard_conforming_strings: 'on',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
  transform_null_equals: 'off',
  row_security: 'on',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  lock_timeout: '0',
  idle_session_timeout: '0',
};

export function sessionSql({ statementTimeoutMs, idleInTransactionMs, searchPath }: SessionSettings): string {
  const settings = Object.entries({
    // First: a role's own may be a millisecond.
    statement_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: String(idleInTransactionMs),
    search_path: searchPath,
    ...FIXED,
  }).map(([name, value]) => `SET ${name} = ${name === 'search_path' ? value : `'${value}'`}`);
  return [
    ...settings,
    // [R1] A commit that does not wait for the disk is acknowledged before it is stored.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
    // Not there before PostgreSQL 17.
    "SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('transaction_timeout', true) IS NOT NULL",
  ].join('; ');
}
