/** Costs as ratios to the smallest tablo's, with what PostgreSQL counted beside them. */
import { median } from '../support/median.ts';
import { formatTable } from '../support/table.ts';
import type { Measured, Samples } from './rounds.ts';
import type { TriggerCost } from './trigger-cost.ts';

/** The goal of issue 9. */
const FLAT = 1.2;

const fixed = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const whole = (value: number): string => (Number.isFinite(value) ? Math.round(value).toLocaleString('en-GB') : '–');

export function formatHistory(
  sizes: readonly number[],
  measured: readonly Measured[],
  triggers: readonly TriggerCost[],
): string {
  const heads = sizes.map((size) => size.toLocaleString('en-GB'));
  const rows = measured.map(({ name, samples }) => {
    const ratios = ratiosOf(samples);
    const of = (kind: keyof Samples): string[] => samples.map((own) => whole(median(own[kind])));
    return [
      name,
      fixed(median(samples[0]?.ms ?? []), 2),
      ...ratios.map((ratio) => fixed(ratio, 2)),
      ...of('blocks'),
      ...of('wal'),
      ...of('bytes'),
      ratios.some((ratio) => ratio > FLAT) ? `above ${FLAT}` : '',
    ];
  });
  const marked = (what: string): string[] => heads.map((head, nth) => (nth === 0 ? `${what} ${head}` : head));
  const head = [
    '',
    `ms ${heads[0]}`,
    ...heads.slice(1).map((size) => `× ${size}`),
    ...marked('blocks'),
    ...marked('WAL'),
    ...marked('bytes'),
    '',
  ];
  const costs = triggers.map(({ name, on, off }) => [
    name,
    ...[on.commits, off.commits].map((times) => fixed(median(times), 2)),
    fixed(median(on.commits) / median(off.commits), 2),
    ...[on.database, off.database].map((times) => fixed(median(times), 3)),
  ]);
  return [
    formatTable(
      'Costs by history (medians; × is to the smallest; blocks and WAL as PostgreSQL counted them)',
      head,
      rows,
    ),
    formatTable(
      'A commit with the triggers on what it writes, and without (ms)',
      ['', 'with', 'without', '×', 'in PostgreSQL with', 'without'],
      costs,
    ),
  ].join('\n\n');
}

export function ratiosOf(samples: readonly Samples[]): readonly number[] {
  const [first, ...others] = samples.map(({ ms }) => median(ms));
  return others.map((ms) => ms / (first ?? Number.NaN));
}
