/** The command line of `npm run bench:history`. */
import { parseArgs } from 'node:util';

export interface HistoryOptions {
  /** Rows of each kind, smallest first: what the others are compared with. */
  readonly sizes: readonly number[];
  /** Each measures everything once with every size. */
  readonly rounds: number;
  readonly json: string | null;
}

export const HISTORY_HELP = `npm run bench:history -- [options]
  --rows N        rows of each kind of history in the largest tablo [1000000]; the others have 1,000 and 100,000
  --rounds 150    how often each thing is measured with each size
  --json FILE     everything measured, for machines
`;

const SMALL_SIZES = [1_000, 100_000];
/** Each row of each kind takes about 2.5 KB of disk, indexes included. */
const MAX_ROWS = 20_000_000;
const MAX_ROUNDS = 900;

export function readHistoryOptions(args: readonly string[]): HistoryOptions | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { rows: text, rounds: text, json: text, help: { type: 'boolean' } },
  });
  if (values.help === true) return 'help';
  const rows = integer('--rows', values.rows ?? '1000000', SMALL_SIZES[0] ?? 0, MAX_ROWS);
  return {
    sizes: [...SMALL_SIZES.filter((size) => size < rows), rows],
    rounds: integer('--rounds', values.rounds ?? '150', 5, MAX_ROUNDS),
    json: values.json ?? null,
  };
}

function integer(name: string, given: string, min: number, max: number): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new Error(`${name} must be a whole number from ${min} to ${max}, not '${given}'.`);
  return value;
}
