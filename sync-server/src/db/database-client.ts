/** A connection to PostgreSQL whose errors say that they are one's: a broken connection has the same code whoever was at its other end. */
import pg from 'pg';
import { markDatabaseError } from '../database-away.ts';

/** As the pool calls it, without an error when all is well. */
type Callback = (error: Error | undefined) => void;

export class DatabaseClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', markDatabaseError);
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): unknown {
    const connecting = super.connect().catch((error: unknown) => {
      markDatabaseError(error);
      throw error;
    });
    if (callback === undefined) return connecting;
    return void connecting.then(
      () => callback(undefined),
      (error: Error) => callback(error),
    );
  }
}
