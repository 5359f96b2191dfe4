// The Chromium of @sparticuz/chromium, unpacked once per version. Its own unpacking is for serverless hosts: fixed names
// in the temporary directory, half a file after an interruption, and its libraries only where it sees Amazon's variables.
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflate } from '@sparticuz/chromium';

export interface ChromiumProgram {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The ways to start it, best first: with the machine's libraries, then with those that came along. */
export async function unpackChromium(): Promise<ChromiumProgram[]> {
  const root = dirname(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const home = join(tmpdir(), `tablo-chromium-${version}-${userInfo().uid}`);
  if (!(await exists(home))) await unpackTo(home, join(root, 'bin'));
  const fonts = (await exists('/etc/fonts/fonts.conf')) ? {} : { FONTCONFIG_PATH: join(home, 'fonts') };
  const path = join(home, 'chromium');
  const libraries = [join(home, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return [
    { path, env: fonts },
    { path, env: { ...fonts, LD_LIBRARY_PATH: libraries } },
  ];
}

async function unpackTo(home: string, packed: string): Promise<void> {
  await mkdir(dirname(home), { recursive: true });
  const unfinished = await mkdtemp(`${home}.`);
  // `inflate` puts its files into os.tmpdir(), and asks for that once, at its call.
  const { TMPDIR } = process.env;
  process.env.TMPDIR = unfinished;
  const files = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'];
  const all = Promise.all(files.map((file) => inflate(join(packed, file))));
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  await all;
  await rename(unfinished, home).catch(async (error: unknown) => {
    // Another test process was first, and its copy serves.
    if (!(await exists(home))) throw error;
    await rm(unfinished, { recursive: true, force: true });
  });
}

const exists = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;
