// The harnesses are shown to fail: each mutation is a bug that one of them has to report, as what it is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { mutantEnv } from './mutant-env.ts';
import { MUTATIONS, type Mutation, mutate } from './mutations.ts';
import { runKillsOn } from './run-kills.ts';
import { SCENARIOS } from './scenarios.ts';

const ROOT = dirname(dirname(import.meta.dirname));

async function runScenario(name: string, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-scenario.ts'), name], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const [answer, complaint] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  if (child.exitCode !== 0) throw new Error(`The scenario ended with ${child.exitCode ?? child.signalCode}:\n${complaint}`);
  return JSON.parse(answer) as readonly string[];
}

function run(mutation: Mutation): Promise<readonly string[]> {
  const { name } = mutation;
  if (mutation.harness === 'kills') return runKillsOn(mutantEnv(name));
  return runScenario(mutation.scenario, mutation.side === 'client' ? mutantEnv(name) : { MUTANT_SERVER: name });
}

// Several at once: most of the time they wait for processes to start.
describe.concurrent('the harnesses report', { timeout: 120_000 }, () => {
  for (const mutation of MUTATIONS)
    it(`[${mutation.rule}] ${mutation.name}: ${mutation.reports.join(', ')}`, async ({ expect }) => {
      expect(await run(mutation)).toEqual(expect.arrayContaining([...mutation.reports]));
    });

  it('nothing of a server without a bug, killed as often', async ({ expect }) => {
    expect(await runKillsOn({})).toEqual([]);
  });

  it.each(Object.keys(SCENARIOS))('nothing without a bug: %s', async (name) => {
    expect(await runScenario(name, {})).toEqual([]);
  });
});

describe('a mutation', () => {
  it.each(MUTATIONS)('has its one place in the source: $name', ({ edits }) => {
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      expect(mutate(source, edits.filter((edit) => edit.file === file))).not.toBe(source);
    }
  });

  it('without its one place is refused', () => {
    const edit = { file: 'a.ts', find: 'a', replace: 'b' };
    expect(() => mutate('aa', [edit])).toThrow('a.ts has 2 places with "a", not one.');
    expect(() => mutate('c', [edit])).toThrow('a.ts has 0 places with "a", not one.');
  });
});
