// Many schedules, a few at a time, and their figures.
import type { Drift } from '@tablo/sync-server/audit/drift';
import { audit } from '@tablo/sync-server/audit/pg-audit';
import type { ViolationKind } from './compare.ts';
import { createSchedule, type Schedule } from './operation.ts';
import { type Outcome, runSchedule } from './run-schedule.ts';
import type { ScheduleStage } from './schedule-stage.ts';

export interface SoakOptions {
  readonly firstSeed: number;
  readonly count: number;
  readonly atOnce: number;
  readonly deadlineMs?: number;
  readonly onFailure?: (outcome: Outcome) => void;
  readonly onDrift?: (drift: Drift) => void;
  readonly onSchedule?: (figures: Figures) => void;
}

export interface Figures {
  schedules: number;
  operations: number;
  entries: number;
  epochMoves: number;
  restarts: number;
  failed: number;
  drifts: number;
  ms: number;
  slowestDrainMs: number;
  readonly violations: Partial<Record<ViolationKind, number>>;
}

export async function soak(stage: ScheduleStage, options: SoakOptions): Promise<Figures> {
  const startedAt = Date.now();
  const restartsBefore = stage.restarts;
  const figures: Figures = {
    schedules: 0,
    operations: 0,
    entries: 0,
    epochMoves: 0,
    restarts: 0,
    failed: 0,
    drifts: 0,
    ms: 0,
    slowestDrainMs: 0,
    violations: {},
  };
  let next = options.firstSeed;
  const work = async () => {
    while (next < options.firstSeed + options.count) {
      const schedule = createSchedule(next);
      next += 1;
      const outcome = await runSchedule(
        stage,
        schedule,
        options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs },
      );
      count(figures, outcome);
      if (outcome.violations.length > 0) options.onFailure?.(outcome);
      options.onSchedule?.(figures);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  // Every document's fold against its rows [R5]: of all tablos that were ever played on this stage.
  await audit(stage.pool, {
    onDrift: (drift) => {
      figures.drifts += 1;
      options.onDrift?.(drift);
    },
  });
  figures.ms = Date.now() - startedAt;
  figures.restarts = stage.restarts - restartsBefore;
  return figures;
}

function count(figures: Figures, { schedule, violations, entries, epochs, drainMs }: Outcome): void {
  figures.schedules += 1;
  figures.operations += schedule.operations.length;
  figures.entries += entries;
  figures.epochMoves += epochs - 1;
  figures.slowestDrainMs = Math.max(figures.slowestDrainMs, drainMs);
  if (violations.length > 0) figures.failed += 1;
  for (const { kind } of violations) figures.violations[kind] = (figures.violations[kind] ?? 0) + 1;
}

/** Leaves out what the failure does not need: halves, quarters and so on, down to single operations. */
export async function shrink(stage: ScheduleStage, failing: Outcome, attempts = 2): Promise<Outcome> {
  let smallest = failing;
  // What is merely late follows from the rest.
  const [kind] = failing.violations.map((violation) => violation.kind).filter((one) => one !== 'pending');
  const stillFails = async (schedule: Schedule): Promise<Outcome | null> => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const outcome = await runSchedule(stage, schedule, { deadlineMs: 5_000 });
      if (outcome.violations.some((violation) => kind === undefined || violation.kind === kind)) return outcome;
    }
    return null;
  };
  for (let size = Math.ceil(failing.schedule.operations.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < smallest.schedule.operations.length; ) {
      const { operations } = smallest.schedule;
      const left = [...operations.slice(0, from), ...operations.slice(from + size)];
      const outcome = left.length === 0 ? null : await stillFails({ ...smallest.schedule, operations: left });
      if (outcome === null) from += size;
      else smallest = outcome;
    }
  }
  return smallest;
}
