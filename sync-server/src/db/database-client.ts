/**
 * A connection to PostgreSQL that has our settings before it is used, and whose errors are marked: a broken connection has the same error code whatever its
 * other end was.
 */
import pg from 'pg';
import { markDatabaseError } from '../base/database-away.ts';
import { QUERY_CANCELED } from '../base/sqlstates.ts';
import { type SessionSettings, sessionSql } from './session-settings.ts';

/** As the pool calls it, without an error when all is well. */
type Callback = (error: Error | undefined) => void;

export interface DatabaseClientConfig extends pg.ClientConfig {
  /** Schemas to look in; absent: `public`. */
  readonly searchPath?: string;
}

/** A role with a very short statement timeout may not let our settings through at the first attempt. */
const SETTINGS_TRIES = 5;

export class DatabaseClient extends pg.Client {
  readonly #settings: SessionSettings;

  constructor(config?: string | DatabaseClientConfig) {
    super(withoutTimeouts(config));
    const given = typeof config === 'object' ? config : {};
    this.#settings = {
      statementTimeoutMs: Number(given.statement_timeout ?? 0),
      idleInTransactionMs: given.idle_in_transaction_session_timeout ?? 0,
      searchPath: given.searchPath ?? 'public',
    };
    this.on('error', markDatabaseError);
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): unknown {
    const connecting = this.#connect().catch((error: unknown) => {
      markDatabaseError(error);
      throw error;
    });
    if (callback === undefined) return connecting;
    return void connecting.then(
      () => callback(undefined),
      (error: Error) => callback(error),
    );
  }

  async #connect(): Promise<pg.Client> {
    await super.connect();
    const sql = sessionSql(this.#settings);
    for (let nth = 1; ; nth += 1) {
      try {
        await super.query(sql);
        return this;
      } catch (error) {
        if ((error as { code?: unknown }).code === QUERY_CANCELED && nth < SETTINGS_TRIES) continue;
        // The caller that asked for a connection gets the error; this process goes on.
        super.end().catch(() => {}); // It may be broken.
        throw error;
      }
    }
  }
}

/** The driver would send them along with the connection, where a pooler refuses them. */
function withoutTimeouts(config: string | DatabaseClientConfig | undefined): string | pg.ClientConfig | undefined {
  if (typeof config !== 'object') return config;
  // The pool keeps the password out of its listed options.
  const { password } = config;
  const rest = { ...config, ...(password === undefined ? {} : { password }) };
  delete rest.statement_timeout;
  delete rest.idle_in_transaction_session_timeout;
  return rest;
}
