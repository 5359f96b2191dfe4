/** All that a database holds, its catalog included, a line a table: to be compared before and after something that must leave no trace. */
import { onServer } from './test-database.ts';

// Not those of the whole server, where other tests are at work, nor what PostgreSQL notes by itself, of sizes and contents.
const TABLES = `SELECT c.oid::regclass::text AS name, c.relkind AS kind FROM pg_class c
  WHERE c.relkind IN ('r', 'S') AND NOT c.relisshared AND c.relname NOT IN ('pg_statistic', 'pg_statistic_ext_data') ORDER BY 1`;
const BY_ITSELF = `'{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}'::text[]`;

/** A row that was locked or written anew with the same content is another one. */
export async function takeWholePicture(superuserUrl: string): Promise<readonly string[]> {
  const lines: string[] = [];
  await onServer(superuserUrl, async (client) => {
    const { rows } = await client.query<{ name: string; kind: string }>(TABLES);
    for (const { name, kind } of rows) {
      const content =
        kind === 'S' ? 't.last_value || t.is_called::text' : name === 'pg_class' ? `to_jsonb(t) - ${BY_ITSELF}` : 't';
      const found = await client.query<{ line: string }>(
        `SELECT count(*) || ' ' || coalesce(md5(string_agg(r, ',' ORDER BY r)), '') AS line
         FROM (SELECT md5((${content})::text) || t.xmin || ' ' || t.xmax AS r FROM ${name} t) rows`,
      );
      lines.push(`${name} ${found.rows[0]?.line}`);
    }
  });
  return lines;
}
