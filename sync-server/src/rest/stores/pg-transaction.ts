/** One transaction: committed when `act` returns, rolled back when it throws. */
import type { Pool, PoolClient } from 'pg';
import { asHostRefusal } from './host-refusal.ts';

export async function transaction<T>(pool: Pool, act: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const value = await act(client);
    // A host's deferred triggers run where a timeout holds for them: inside COMMIT none does.
    await client.query('SET CONSTRAINTS ALL IMMEDIATE; COMMIT');
    return value;
  } catch (error) {
    failure = error instanceof Error ? error : new Error('a transaction failed', { cause: error });
    throw asHostRefusal(error) ?? failure;
  } finally {
    // Ended rather than reused after a failure: what it was in the middle of ends with it.
    client.release(failure);
  }
}
