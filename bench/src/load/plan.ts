/** What the load process is told, and what it answers: over the IPC channel, so plain data only. */

import type { Quantiles } from '../support/quantiles.ts';
import type { Seat } from './load-client.ts';

export interface LightPlan {
  readonly type: 'light';
  /** The first one writes, the others read. */
  readonly seats: readonly Seat[];
  readonly perSecond: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface FanOutPlan {
  readonly type: 'fan-out';
  readonly seats: readonly Seat[];
  /** Unacknowledged messages that each member keeps on their way. */
  readonly inFlight: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly serverPid: number;
  readonly postgresPid: number;
}

export type Plan = LightPlan | FanOutPlan;

/** ms. */
export interface LightResult {
  readonly type: 'light';
  readonly seen: Quantiles;
  readonly acknowledged: Quantiles;
}

export interface FanOutResult {
  readonly type: 'fan-out';
  readonly seconds: number;
  /** Messages acknowledged to their authors. */
  readonly accepted: number;
  /** Messages received by members other than their authors. */
  readonly delivered: number;
  readonly serverCpuSeconds: number;
  readonly postgresCpuSeconds: number;
  readonly generatorCpuSeconds: number;
  /** ms. */
  readonly acknowledged: Quantiles;
  /** Over the whole round, warm-up included: all of these should be 0. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly unacknowledged: number;
  /** Over the whole round: of the deliveries that the accepted messages ask for, how many arrived; 1 is right. */
  readonly deliveredShare: number;
  /** Times that a member was sent to a tablo's next document. */
  readonly moves: number;
}

export type Result = LightResult | FanOutResult;
