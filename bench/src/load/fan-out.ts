/** Closed loop: every member keeps `inFlight` messages unacknowledged, so the server sets the pace. */
import { setTimeout as delay } from 'node:timers/promises';
import { readCpuSeconds, readFamilyCpuSeconds } from '../support/cpu.ts';
import { computeQuantiles } from '../support/quantiles.ts';
import { LoadClient, type Seat } from './load-client.ts';
import type { FanOutPlan, FanOutResult } from './plan.ts';

/** Sockets that open at once: joining is not what is measured. */
const JOIN_TOGETHER = 20;
const DRAIN_DEADLINE_MS = 15_000;

interface Reading {
  readonly at: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly serverCpu: number;
  readonly postgresCpu: number;
  readonly generatorCpu: number;
}

export async function runFanOut(plan: FanOutPlan): Promise<FanOutResult> {
  const load = new FanOut(plan);
  await load.join();
  load.start();
  await delay(plan.warmUpSeconds * 1_000);
  const before = load.read();
  await delay(plan.seconds * 1_000);
  const after = load.read();
  await load.drain();
  return load.result(before, after);
}

class FanOut {
  readonly #plan: FanOutPlan;
  readonly #clients: LoadClient[] = [];
  #accepted = 0;
  #delivered = 0;
  /** One for each accepted message, in that order. */
  readonly #latencies: number[] = [];
  #isSending = false;

  constructor(plan: FanOutPlan) {
    this.#plan = plan;
  }

  async join(): Promise<void> {
    const { seats } = this.#plan;
    for (let start = 0; start < seats.length; start += JOIN_TOGETHER) {
      const opened = seats.slice(start, start + JOIN_TOGETHER).map((seat) => this.#open(seat));
      await Promise.all(opened.map((client) => client.joined()));
      this.#clients.push(...opened);
    }
  }

  start(): void {
    this.#isSending = true;
    for (const client of this.#clients) for (let nth = 0; nth < this.#plan.inFlight; nth += 1) client.send();
  }

  read(): Reading {
    const own = process.cpuUsage();
    return {
      at: performance.now(),
      accepted: this.#accepted,
      delivered: this.#delivered,
      serverCpu: readCpuSeconds(this.#plan.serverPid),
      postgresCpu: readFamilyCpuSeconds(this.#plan.postgresPid),
      generatorCpu: (own.user + own.system) / 1e6,
    };
  }

  async drain(): Promise<void> {
    this.#isSending = false;
    const deadline = performance.now() + DRAIN_DEADLINE_MS;
    while (this.#countPending() > 0 && performance.now() < deadline) await delay(20);
    await delay(200); // The last broadcasts follow the last acknowledgements.
  }

  result(before: Reading, after: Reading): FanOutResult {
    const { seats } = this.#plan;
    const tablos = new Set(seats.map(({ tabloId }) => tabloId)).size;
    const refusals: Record<string, number> = {};
    for (const client of this.#clients) {
      for (const [code, count] of Object.entries(client.refusals)) refusals[code] = (refusals[code] ?? 0) + count;
    }
    const result: FanOutResult = {
      type: 'fan-out',
      seconds: (after.at - before.at) / 1_000,
      accepted: after.accepted - before.accepted,
      delivered: after.delivered - before.delivered,
      serverCpuSeconds: after.serverCpu - before.serverCpu,
      postgresCpuSeconds: after.postgresCpu - before.postgresCpu,
      generatorCpuSeconds: after.generatorCpu - before.generatorCpu,
      acknowledged: computeQuantiles(this.#latencies.slice(before.accepted, after.accepted)),
      refusals,
      unacknowledged: this.#countPending(),
      deliveredShare: this.#delivered / (this.#accepted * (seats.length / tablos - 1)),
      moves: this.#clients.reduce((sum, { moves }) => sum + moves, 0),
    };
    for (const client of this.#clients) client.close();
    return result;
  }

  #open(seat: Seat): LoadClient {
    const client = new LoadClient(seat, {
      onAcknowledged: (ms) => {
        this.#accepted += 1;
        this.#latencies.push(ms);
        if (this.#isSending) client.send();
      },
      onReceived: (_client, _clock, count) => {
        this.#delivered += count;
      },
    });
    return client;
  }

  #countPending(): number {
    return this.#clients.reduce((sum, { pending }) => sum + pending, 0);
  }
}
