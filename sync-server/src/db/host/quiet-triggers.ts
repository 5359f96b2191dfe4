/** What a migration or an import writes into a host's rows is not an event of the host's application: the host's triggers (a time of change, a webhook for every row) do not run. */
import type { DatabaseClient } from '../database-client.ts';
import { isOurTrigger } from './whose.ts';

const TRIGGERS = `SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname) AS off,
    format('ALTER TABLE %s ENABLE %s TRIGGER %I', t.tgrelid::regclass, CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, t.tgname) AS back
  FROM pg_trigger t WHERE t.tgrelid = ANY($1::regclass[]) AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND NOT ($2 AND ${isOurTrigger('t.tgname')})`;

export interface QuietOptions {
  /** Triggers of ours, which keep our own tables right, go on. */
  readonly keepsOurs?: boolean;
}

/** Within a transaction: when it fails, the triggers are as they were. `tables`: with their schema. */
export async function withoutTriggers(
  client: DatabaseClient,
  tables: readonly string[],
  act: () => Promise<void>,
  { keepsOurs = false }: QuietOptions = {},
): Promise<void> {
  // A table with checks that wait for the end of the transaction cannot be altered.
  await client.query('SET CONSTRAINTS ALL IMMEDIATE');
  const { rows } = await client.query<{ off: string; back: string }>(TRIGGERS, [tables, keepsOurs]);
  for (const { off } of rows) await client.query(off);
  await act();
  for (const { back } of rows) await client.query(back);
}
