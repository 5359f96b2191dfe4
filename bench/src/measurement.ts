/** Everything that one run found out: what the JSON file holds and the report is written from. */
import type { AdmissionCost } from './admission.ts';
import type { CatchUpResult } from './catch-up.ts';
import type { FanOutResult, LightResult } from './load/plan.ts';
import { median } from './support/median.ts';
import type { ServerName } from './support/servers.ts';

export type Rounds<R> = Readonly<Record<ServerName, R[]>>;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly postgres: string;
  /** ms of one small commit, alone. */
  readonly commitMs: number;
  /** One-minute load average: what else the machine was doing. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export interface Measurement {
  readonly at: string;
  readonly machine: Machine;
  readonly light: Rounds<LightResult>;
  readonly fanOut: Rounds<FanOutResult>;
  readonly admission: readonly AdmissionCost[];
  readonly catchUp: readonly CatchUpResult[];
  readonly summary: Summary;
}

/** Of all rounds together. NaN (null in JSON) where a part did not run. */
export interface Summary {
  /** ms: the median of the rounds' medians. */
  readonly seenP50: Readonly<Record<ServerName, number>>;
  /** ms, of our server: the median of the rounds' quantiles. */
  readonly acknowledged: { readonly light: Acknowledged; readonly fanOut: Acknowledged };
  readonly deliveredPerCpuSecond: Readonly<Record<ServerName, number>>;
  readonly deliveredPerCpuSecondRatio: number;
  /** The same of each pair of rounds: how far they lie apart is the noise. */
  readonly ratioByRound: readonly number[];
}

export interface Acknowledged {
  readonly p50: number;
  readonly p95: number;
}

export function summarise(light: Rounds<LightResult>, fanOut: Rounds<FanOutResult>): Summary {
  const seen = (name: ServerName): number => median(light[name].map((round) => round.seen.p50));
  const efficiency = (rounds: readonly FanOutResult[]): number =>
    sum(rounds.map(({ delivered }) => delivered)) / sum(rounds.map(({ serverCpuSeconds }) => serverCpuSeconds));
  const deliveredPerCpuSecond = { ours: efficiency(fanOut.ours), stock: efficiency(fanOut.stock) };
  return {
    acknowledged: { light: acknowledgedOf(light.ours), fanOut: acknowledgedOf(fanOut.ours) },
    seenP50: { ours: seen('ours'), stock: seen('stock') },
    deliveredPerCpuSecond,
    deliveredPerCpuSecondRatio: deliveredPerCpuSecond.ours / deliveredPerCpuSecond.stock,
    ratioByRound: fanOut.ours.map((round, nth) => efficiency([round]) / efficiency(fanOut.stock.slice(nth, nth + 1))),
  };
}

function acknowledgedOf(rounds: readonly (LightResult | FanOutResult)[]): Acknowledged {
  return {
    p50: median(rounds.map(({ acknowledged }) => acknowledged.p50)),
    p95: median(rounds.map(({ acknowledged }) => acknowledged.p95)),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
