/** What docs/OPERATIONS.md tells an operator to type, executed as it stands there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/** The block of commands that `<!-- drill: name -->` announces. */
async function readSteps(name: string): Promise<string> {
  const page = await readFile(join(ROOT, 'docs', 'OPERATIONS.md'), 'utf8');
  const block = page.split(`<!-- drill: ${name} -->\n\`\`\`sh\n`)[1]?.split('\n```')[0];
  if (block === undefined) throw new Error(`docs/OPERATIONS.md has no block of commands for ${name}.`);
  return block;
}

/** Resolves with what it printed; rejects when a command failed. `bin`: where PostgreSQL's programs are. `after`: one more command, of the test's own. */
export async function runSteps(
  name: string,
  env: Readonly<Record<string, string>>,
  { bin = '', after = '' } = {},
): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('/bin/sh', ['-e', '-c', `${await readSteps(name)}\n${after}`], {
    cwd: ROOT,
    env: { HOME, PATH: [bin, dirname(process.execPath), PATH].filter(Boolean).join(delimiter), ...env },
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
