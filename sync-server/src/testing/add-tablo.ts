import { createEntryId, type TabloId } from '@tablo/schema/ids';

interface Queries {
  query(sql: string, values: unknown[]): Promise<unknown>;
}

interface Options {
  readonly name?: string;
  readonly createdBy?: string | null;
}

/** By SQL, as a host application does. `members`: with their roles, or all of them with that which is the database's default. */
export async function addTablo(
  database: Queries,
  members: readonly string[] | Readonly<Record<string, string>>,
  { name = 'Test', createdBy = null }: Options = {},
): Promise<TabloId> {
  const id = createEntryId() as string as TabloId;
  await database.query('INSERT INTO tablos (id, name, created_by) VALUES ($1, $2, $3)', [id, name, createdBy]);
  if (isList(members)) {
    await database.query('INSERT INTO tablo_access (tablo_id, user_id) SELECT $1, unnest($2::uuid[])', [id, members]);
    return id;
  }
  // One after the other: the order in which they came is the order in which they stand.
  for (const [user, role] of Object.entries(members))
    await database.query('INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, $3)', [id, user, role]);
  return id;
}

const isList = (members: readonly string[] | Readonly<Record<string, string>>): members is readonly string[] =>
  Array.isArray(members);
