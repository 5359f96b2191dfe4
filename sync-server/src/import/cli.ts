/** `npm run import -- stream export.json`. Exit code 0: imported, or a dry run that found nothing in the way; 1: something is missing, or nothing of the file can be imported, and nothing was written; 2: it could not be done. */
import { parseConfig, wantsHelp } from '../config/config.ts';
import { openExistingDatabase } from '../db/existing-database.ts';
import { describeDatabaseFault } from '../db/reach-database.ts';
import { importHelp, parseImportArguments } from './import-options.ts';
import { many, type Stored } from './report.ts';
import { runImport } from './run-import.ts';

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  if (wantsHelp(argv)) {
    say(importHelp());
    return 0;
  }
  const args = parseImportArguments(argv);
  if (!args.ok) throw new Error(args.error);
  const { options, settings } = args.value;
  const config = parseConfig(process.env, settings);
  if (!config.ok) throw new Error(config.error);
  const database = await openExistingDatabase(config.value);
  const startedAt = performance.now();
  try {
    const { report, missing } = await runImport(database.url, options, say);
    say(`\n${report.toText()}`);
    for (const sentence of missing) say(sentence);
    if (report.stored !== null) say(describe(report.stored, report.isPartial, (performance.now() - startedAt) / 1_000));
    else
      say(
        missing.length > 0
          ? 'Nothing was written.'
          : `A dry run: nothing was written. Without --dry-run all of this is imported${report.isPartial ? ', but for what is listed as left out' : ''}.`,
      );
    return missing.length > 0 ? 1 : 0;
  } finally {
    await database.close();
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function describe(stored: Stored, isPartial: boolean, seconds: number): string {
  const { messages, reactions, deletions, edits, positions, members, tablos } = stored;
  const changes = messages + reactions + deletions + edits + positions + members + tablos;
  if (changes === 0)
    return `Nothing to do: all ${isPartial ? 'that can be imported' : 'of it'} was there (${seconds.toFixed(1)} s).`;
  const later =
    deletions + edits === 0 ? '' : `, ${many(deletions, 'deletion')} and ${many(edits, 'edit')} since the last import`;
  return `Imported: ${many(messages, 'message')}, ${many(reactions, 'reaction')}, ${many(positions, 'read position')}, ${many(members, 'member')}, ${many(tablos, 'tablo')}${later} (${seconds.toFixed(1)} s). npm run audit compares all of it.`;
}

// Whoever read our lines has gone (a closed pipe): what is being stored is stored all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  process.exitCode = await main();
} catch (error) {
  const { code } = error as { code?: unknown };
  const sentence = describeDatabaseFault(error) ?? ((error as Error).message || String(code ?? error));
  process.stderr.write(`The import could not be done: ${sentence}\n`);
  process.exitCode = 2;
}
