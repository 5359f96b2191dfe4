/** Where `--report` writes: looked at before anything is imported, for an import of an hour whose report is lost is half of one. */
import { open, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { ImportError } from './file/import-error.ts';
import type { ImportOptions } from './import-options.ts';

/** Throws an `ImportError`. `taken`: files that are read, which a report would write over. */
export async function assertWritableReport(path: string, taken: ImportOptions): Promise<void> {
  const wasThere = (await stat(path).catch(() => null)) !== null;
  // Appending leaves a report of an earlier run as it is, should this import not come to one.
  const file = await open(path, 'a').catch((error: Error) => {
    throw new ImportError(`The report cannot be written to ${path}: ${error.message}. Nothing was imported.`);
  });
  await file.close();
  const own = await realpath(path);
  if (!wasThere) await rm(path, { force: true });
  for (const read of [taken.file, taken.users, taken.channels, taken.reactions])
    if (read !== null && (await realpath(read).catch(() => null)) === own)
      throw new ImportError(`The report would be written over ${read}, which is read: name another file by --report.`);
}

export async function writeReport(path: string, content: unknown, isStored: boolean): Promise<void> {
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`).catch((error: Error) => {
    const done = isStored ? ' All of it was imported.' : '';
    throw new ImportError(`The report cannot be written to ${path}: ${error.message}.${done}`);
  });
}
