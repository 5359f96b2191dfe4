/**
 * What is known of people stands in rows of the table `meta`, under keys of their own. A table of its own would be a new version of the database: a tab of an
 * earlier release would lose its store to it, and that release could not open the database any more.
 *
 * `people:name:<user>` has the name, `people:former:<tablo>:<user>` has `true`.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { PeopleRecords } from './local-store.ts';

const NAME = 'people:name:';
const FORMER = 'people:former:';
/** Sorts after every UUID. */
const AFTER_UUIDS = '~';

interface MetaRow {
  readonly key: string;
  readonly value: unknown;
}

export const nameKey = (id: UserId): string => `${NAME}${id}`;
export const formerKey = (tabloId: TabloId, id: UserId): string => `${FORMER}${tabloId}:${id}`;

/** All rows about people. */
export const peopleKeys = (): IDBKeyRange => IDBKeyRange.bound('people:', `people:${AFTER_UUIDS}`);
/** Who has left the tablo. */
export const formerKeys = (tabloId: TabloId): IDBKeyRange =>
  IDBKeyRange.bound(`${FORMER}${tabloId}:`, `${FORMER}${tabloId}:${AFTER_UUIDS}`);

export function peopleOf(rows: readonly MetaRow[]): PeopleRecords {
  const names: (readonly [UserId, string])[] = [];
  const former: (readonly [TabloId, UserId])[] = [];
  for (const { key, value } of rows) {
    if (key.startsWith(NAME) && typeof value === 'string') names.push([key.slice(NAME.length) as UserId, value]);
    if (!key.startsWith(FORMER)) continue;
    const [tabloId, id] = key.slice(FORMER.length).split(':');
    former.push([tabloId as TabloId, id as UserId]);
  }
  return { names, former };
}
