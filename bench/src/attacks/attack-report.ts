/** What the attacks came to, as a person reads it. */
import type { AttackResult } from './run-attack.ts';

const MIB = 2 ** 20;
/** How much longer than in calm the slowest hundredth of honest messages may take. */
const GOAL = 3;

const ms = (value: number): string => (Number.isFinite(value) ? value.toFixed(value < 100 ? 1 : 0) : '–');
const mib = (bytes: number | null): string => (bytes === null ? 'gone' : (bytes / MIB).toFixed(0));
const whole = (value: number): string => value.toLocaleString('en-GB');

const HEAD = [
  'attack',
  'calm p50',
  'p99',
  'under attack p50',
  'p99',
  'ratio',
  'REST p99 calm',
  'attack',
  'RSS before',
  'most',
  'after',
  'CPU %',
  'honest failures',
  'the attacker got',
];

export const ratioOf = ({ calm, attacked }: AttackResult): number => attacked.seen.p99 / calm.seen.p99;

export function formatAttacks(results: readonly AttackResult[]): string {
  const rows = results.map((result) => {
    const { calm, attacked, memory } = result;
    const ratio = ratioOf(result);
    return [
      result.name,
      ms(calm.seen.p50),
      ms(calm.seen.p99),
      ms(attacked.seen.p50),
      ms(attacked.seen.p99),
      `${ratio.toFixed(1)}${ratio <= GOAL ? '' : ' !'}`,
      ms(calm.rest.p99),
      ms(attacked.rest.p99),
      mib(memory.before),
      mib(memory.most),
      mib(memory.after),
      result.cpuPercent.toFixed(0),
      counts({ ...calm.failures, ...attacked.failures }) || 'none',
      gained(result),
    ];
  });
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column]?.length ?? 0)));
  const last = HEAD.length - 1;
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === last ? cell : column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  const slow = results.filter((result) => !(ratioOf(result) <= GOAL)).map(({ name }) => name);
  const lost = results.filter(({ attacked }) => Object.keys(attacked.failures).length > 0).map(({ name }) => name);
  return [
    'Honest people under attack (ms from sending to being seen by each other member; MiB of the server; ! above the goal)',
    line(HEAD),
    ...rows.map(line),
    '',
    `Above ${GOAL} times the calm p99: ${slow.join(', ') || 'none'}. With failures of honest people: ${lost.join(', ') || 'none'}.`,
  ].join('\n');
}

function gained({ gains }: AttackResult): string {
  if (gains === null) return 'the attack’s process failed';
  const { accepted, refused, cut, sentBytes, receivedBytes, failure } = gains;
  const total = Object.values(refused).reduce((sum, count) => sum + count, 0);
  const parts = [
    `${whole(accepted)} accepted`,
    `${whole(total)} refused${total === 0 ? '' : ` (${counts(refused)})`}`,
    `${whole(cut)} cut`,
    `${mib(sentBytes)} MiB sent`,
    `${mib(receivedBytes)} MiB received`,
  ];
  return [...parts, ...(failure === null ? [] : [failure])].join(', ');
}

const counts = (record: Readonly<Record<string, number>>): string =>
  Object.entries(record)
    .sort(([, left], [, right]) => right - left)
    .map(([what, count]) => `${whole(count)} ${what}`)
    .join(', ');
