/** What docs/OPERATIONS.md tells an operator to type, executed as it stands there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { PostgresPrograms } from './postgres-programs.ts';

const ROOT = dirname(dirname(import.meta.dirname));

/** The block of commands that `<!-- drill: name -->` announces. */
async function readSteps(name: string): Promise<string> {
  const page = await readFile(join(ROOT, 'docs', 'OPERATIONS.md'), 'utf8');
  const block = page.split(`<!-- drill: ${name} -->\n\`\`\`sh\n`)[1]?.split('\n```')[0];
  if (block === undefined) throw new Error(`docs/OPERATIONS.md has no block of commands for ${name}.`);
  return block;
}

/** Resolves with what it printed; rejects when a command failed. */
export async function runSteps(
  name: string,
  { bin }: PostgresPrograms,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('/bin/sh', ['-e', '-c', await readSteps(name)], {
    cwd: ROOT,
    env: { HOME, PATH: [bin, dirname(process.execPath), PATH].join(delimiter), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The steps for ${name} ended with ${code}:\n${output}`);
  return output;
}
