/** The measurement as a person reads it. */
import type { CatchUpResult } from './catch-up.ts';
import type { FanOutResult, LightResult } from './load/plan.ts';
import type { Acknowledged, Measurement } from './measurement.ts';
import type { Quantiles } from './support/quantiles.ts';
import type { ServerName } from './support/servers.ts';
import { formatTable } from './support/table.ts';

const NAMES: readonly ServerName[] = ['ours', 'stock'];

const fixed = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const whole = (value: number): string => (Number.isFinite(value) ? Math.round(value).toLocaleString('en-GB') : '–');
const times = ({ p50, p95, p99 }: Quantiles): string[] => [p50, p95, p99].map((ms) => fixed(ms, 2));

export function formatReport(measurement: Measurement): string {
  const parts = [machine, light, fanOut, admission, catchUp, summary].map((part) => part(measurement));
  return parts.filter((part) => part !== '').join('\n\n');
}

function machine({ machine: m }: Measurement): string {
  return [
    `${m.cpu}, ${m.cores} cores, ${fixed(m.memoryGiB, 1)} GiB · Linux ${m.kernel} · Node.js ${m.node} · PostgreSQL ${m.postgres}`,
    `One small commit takes ${fixed(m.commitMs, 2)} ms. Load average ${fixed(m.loadBefore, 2)} before, ${fixed(m.loadAfter, 2)} after.`,
  ].join('\n');
}

function light({ light: rounds }: Measurement): string {
  if (rounds.ours.length === 0) return '';
  const row = (name: string, { seen, acknowledged }: LightResult): string[] => [
    name,
    ...times(seen),
    ...times(acknowledged),
    whole(acknowledged.count),
  ];
  return formatTable(
    'Light load: one tablo, one message at a time (ms)',
    ['', 'seen p50', 'p95', 'p99', 'ack p50', 'p95', 'p99', 'messages'],
    inOrder(rounds, row),
  );
}

function fanOut({ fanOut: rounds }: Measurement): string {
  if (rounds.ours.length === 0) return '';
  const row = (name: string, r: FanOutResult): string[] => [
    name,
    whole(r.accepted / r.seconds),
    whole(r.delivered / r.seconds),
    whole(r.delivered / r.serverCpuSeconds),
    fixed(r.acknowledged.p50, 1),
    fixed(r.acknowledged.p95, 1),
    ...[r.serverCpuSeconds, r.postgresCpuSeconds, r.generatorCpuSeconds].map((seconds) =>
      fixed((100 * seconds) / r.seconds, 0),
    ),
    whole(r.moves),
    complaints(r),
  ];
  return formatTable(
    'Fan-out, closed loop (messages; ms; CPU in % of one core)',
    ['', 'in/s', 'out/s', 'out/CPU-s', 'ack p50', 'p95', 'server', 'PG', 'load', 'moves', ''],
    inOrder(rounds, row),
  );
}

/** What would make a round's figures worthless; nothing to say is the rule. */
function complaints({ refusals, unacknowledged, deliveredShare, moves }: FanOutResult): string {
  const refused = Object.entries(refusals).map(([code, count]) => `${count} refused (${code})`);
  const lost = unacknowledged === 0 ? [] : [`${unacknowledged} never acknowledged`];
  // A member that follows to the next document sends again what was committed but not acknowledged yet, so moves deliver a little twice.
  const isRight = deliveredShare > 0.999 && (deliveredShare < 1.001 || moves > 0);
  const missing = isRight ? [] : [`delivered ${fixed(100 * deliveredShare, 1)} %`];
  return [...refused, ...lost, ...missing].join(', ');
}

function admission({ admission: costs }: Measurement): string {
  if (costs.length === 0) return '';
  const rows = costs.map(({ entries, decode, decodeAndAdmit }) => [
    whole(entries),
    fixed(decode, 1),
    fixed(decodeAndAdmit, 1),
    fixed(decodeAndAdmit / entries, 2),
  ]);
  return formatTable('Admission (µs an update)', ['entries', 'decode', 'decode + admit', 'an entry'], rows);
}

function catchUp({ catchUp: results }: Measurement): string {
  if (results.length === 0) return '';
  const idle = results.find(({ missed }) => missed === 0);
  const row = (result: CatchUpResult): string[] => {
    const { name, missed, payload, wire, moves } = result;
    const total = totalOf(result);
    const times = (bytes: number): string => (payload === 0 ? '–' : fixed(bytes / payload, 2));
    return [
      ...[name, whole(missed), whole(payload)],
      ...[wire.socketUp, wire.socketDown, wire.restUp, wire.restDown, total].map(whole),
      ...[times(total), times(total - (idle === undefined ? 0 : totalOf(idle))), whole(moves)],
    ];
  };
  return formatTable(
    'Catching up (bytes on the wire)',
    ['', 'missed', 'texts', 'socket up', 'down', 'REST up', 'down', 'all', 'all / texts', 'less opening', 'moves'],
    results.map(row),
  );
}

const totalOf = ({ wire }: CatchUpResult): number => wire.socketUp + wire.socketDown + wire.restUp + wire.restDown;

function summary({ summary: s }: Measurement): string {
  const lines = ['Summary'];
  if (Number.isFinite(s.deliveredPerCpuSecondRatio)) {
    const byRound = s.ratioByRound.map((ratio) => fixed(ratio, 2)).join(', ');
    lines.push(
      `  delivered per server-CPU-second, ours / stock: ${fixed(s.deliveredPerCpuSecondRatio, 2)}  (by round ${byRound}; target ≥ 0.8)`,
    );
  }
  if (Number.isFinite(s.seenP50.ours)) {
    lines.push(
      `  send → seen p50: ours ${fixed(s.seenP50.ours, 2)} ms, stock ${fixed(s.seenP50.stock, 2)} ms  (target < 4 ms)`,
    );
  }
  const { light: quiet, fanOut: loaded } = s.acknowledged;
  const pair = ({ p50, p95 }: Acknowledged): string => `${fixed(p50, 2)} / ${fixed(p95, 2)} ms`;
  if (Number.isFinite(quiet.p50)) lines.push(`  ours, ack p50 / p95: one writer ${pair(quiet)}`);
  if (Number.isFinite(loaded.p50)) lines.push(`  ours, ack p50 / p95: closed loop ${pair(loaded)}`);
  return lines.length === 1 ? '' : lines.join('\n');
}

function inOrder<R>(
  rounds: Readonly<Record<ServerName, readonly R[]>>,
  row: (name: string, result: R) => string[],
): string[][] {
  return rounds.ours.flatMap((_, nth) =>
    NAMES.flatMap((name) => {
      const result = rounds[name][nth];
      return result === undefined ? [] : [row(`${name} ${nth + 1}`, result)];
    }),
  );
}
