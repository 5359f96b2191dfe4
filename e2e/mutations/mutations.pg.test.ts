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

/** A bug gets no better with time. */
const MUTANT_PATIENCE_MS = 4_000;
const PATIENCE_MS = 40_000;
const ROOT = dirname(dirname(import.meta.dirname));

interface Report {
  readonly kinds: readonly string[];
  readonly details: string;
}

interface Run {
  readonly scenario: string;
  readonly env: Readonly<Record<string, string>>;
  readonly patienceMs: number;
  /** Tried again until these are reported. */
  readonly wanted: readonly string[];
}

async function runScenario({ scenario, env, patienceMs, wanted }: Run): Promise<Report> {
  const program = join(import.meta.dirname, 'run-scenario.ts');
  const child = spawn(process.execPath, [program, scenario, String(patienceMs), wanted.join()], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const [answer, details] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (child.exitCode !== 0)
    throw new Error(`The scenario ended with ${child.exitCode ?? child.signalCode}:\n${details}`);
  return { kinds: JSON.parse(answer) as readonly string[], details };
}

async function run(mutation: Mutation): Promise<readonly string[]> {
  const { name } = mutation;
  const env = mutantEnv(name);
  if (mutation.harness === 'kills')
    return await runKillsOn({ env, kills: mutation.kills, patienceMs: MUTANT_PATIENCE_MS });
  const { scenario, side, reports } = mutation;
  const ofChild = side === 'client' ? env : { MUTANT_SERVER: name };
  return (await runScenario({ scenario, env: ofChild, patienceMs: MUTANT_PATIENCE_MS, wanted: reports })).kinds;
}

// Several at once: most of the time they wait for processes to start.
describe.concurrent('the harnesses report', { timeout: 150_000 }, () => {
  for (const mutation of MUTATIONS)
    it(`[${mutation.rule}] the harnesses find ${mutation.name}: ${mutation.reports.join(', ')}`, async ({ expect }) => {
      expect(await run(mutation)).toEqual(expect.arrayContaining([...mutation.reports]));
    });

  it('nothing of a server without a bug, killed as often', async ({ expect }) => {
    expect(await runKillsOn({ env: {}, kills: 2, patienceMs: PATIENCE_MS })).toEqual([]);
  });

  for (const name of Object.keys(SCENARIOS))
    it(`nothing without a bug: ${name}`, async ({ expect }) => {
      const { kinds, details } = await runScenario({ scenario: name, env: {}, patienceMs: PATIENCE_MS, wanted: [] });
      expect(kinds, details).toEqual([]);
    });
});

describe('a mutation', () => {
  it.each(MUTATIONS)('a mutation has its one place in the source: $name', ({ edits }) => {
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      expect(
        mutate(
          source,
          edits.filter((edit) => edit.file === file),
        ),
      ).not.toBe(source);
    }
  });

  it('a mutation without its one place is refused', () => {
    const edit = { file: 'a.ts', find: 'a', replace: 'b' };
    expect(() => mutate('aa', [edit])).toThrow('a.ts has 2 places with "a", not one.');
    expect(() => mutate('c', [edit])).toThrow('a.ts has 0 places with "a", not one.');
  });
});
