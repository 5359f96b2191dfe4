/** What of a file is in the way of importing it: sentences, each with what to do. */
import type { ImportOptions } from './import-options.ts';
import { many, type Report } from './report.ts';

export function findMissing(report: Report, options: ImportOptions): readonly string[] {
  const { unknownPeople, channels, refused } = report;
  const missing: string[] = [];
  const stops = options.unknownUsers === 'stop';
  const unknownIds = new Set<string>(unknownPeople.map(({ id }) => id));
  if (unknownPeople.length > 0 && stops) {
    const keyed = refused.find(({ id }) => unknownIds.has(id));
    const instead =
      keyed === undefined
        ? ', or give --unknown-users=placeholder'
        : ` (placeholders cannot be: your ${keyed.column} refers to ${keyed.table})`;
    missing.push(
      `${many(unknownPeople.length, 'user')} of the file ${unknownPeople.length === 1 ? 'has' : 'have'} no id of yours: name them by --users${instead}.`,
    );
  }
  const others = stops ? refused.filter(({ id }) => !unknownIds.has(id)) : refused;
  for (const table of new Set(others.map((one) => one.table))) {
    const of = others.filter((one) => one.table === table);
    const users = new Set(of.map(({ id }) => id)).size;
    const columns = [...new Set(of.map(({ column }) => column))].join(', ');
    const isPlaceholder = of.some(({ id }) => unknownIds.has(id)) ? ' Placeholders are in no table of yours.' : '';
    missing.push(
      `${many(users, 'user')} ${users === 1 ? 'is' : 'are'} not in your table ${table}, to which ${columns} ${columns.includes(',') ? 'refer' : 'refers'}: add them there, or name others for them by --users.${isPlaceholder}`,
    );
  }
  const unknown = channels.filter(({ tablo, isDeleted }) => tablo === null && !isDeleted);
  if (unknown.length > 0 && options.unknownChannels !== 'skip')
    missing.push(
      `${many(unknown.length, 'channel')} of the file ${unknown.length === 1 ? 'has' : 'have'} no tablo: name them by --channels, make the tablos, or give --unknown-channels=create or --unknown-channels=skip.`,
    );
  if (missing.length === 0 && report.isNothing)
    missing.push('Nothing of this file can be imported: all of it is left out, as listed above.');
  return missing;
}
