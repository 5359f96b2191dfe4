/** Triggers of a table, off and on again as they were: some fire for replication as well (ENABLE ALWAYS), and would send a notice for each of ten million rows. */
import type pg from 'pg';

interface Trigger {
  readonly table: string;
  readonly name: string;
  /** As in `pg_trigger.tgenabled`. */
  readonly mode: string;
}

const ENABLE: Readonly<Record<string, string>> = { O: 'ENABLE', A: 'ENABLE ALWAYS', R: 'ENABLE REPLICA', D: 'DISABLE' };

export async function withoutTriggers(
  client: pg.Client,
  tables: readonly string[],
  act: () => Promise<void>,
): Promise<void> {
  const { rows } = await client.query<Trigger>(
    `SELECT tgrelid::regclass::text AS table, quote_ident(tgname) AS name, tgenabled AS mode FROM pg_trigger
     WHERE tgrelid = ANY ($1::regclass[]) AND NOT tgisinternal`,
    [tables],
  );
  const change = async (toSql: (trigger: Trigger) => string): Promise<void> => {
    for (const one of rows) await client.query(`ALTER TABLE ${one.table} ${toSql(one)} TRIGGER ${one.name}`);
  };
  await change(() => 'DISABLE');
  try {
    await act();
  } finally {
    await change(({ mode }) => ENABLE[mode] ?? 'ENABLE');
  }
}
