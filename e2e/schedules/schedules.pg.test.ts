// Model-based schedules on the real clients and the real server: nothing lost, doubled, misplaced or miscounted, whatever happens in between.
// SCHEDULES=10000 for a soak, SCHEDULE_SEED=<n> for one seed, SHRINK=1 to make failing ones smaller.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchedule } from './operation.ts';
import { describeOutcome, type Outcome, runSchedule } from './run-schedule.ts';
import { openScheduleStage, type ScheduleStage } from './schedule-stage.ts';
import { shrink, soak } from './soak.ts';

const { SCHEDULES, SCHEDULE_SEED, SHRINK, AT_ONCE } = process.env;
const COUNT = Number(SCHEDULES ?? 200);
const IS_SOAK = SCHEDULES !== undefined;
/** In `npm test` no schedule is begun after this. */
const BUDGET_MS = 45_000;

let stage: ScheduleStage;
beforeAll(async () => {
  stage = await openScheduleStage();
});
afterAll(() => stage.close());

describe.skipIf(SCHEDULE_SEED !== undefined)('many schedules', () => {
  it(
    '[R1, R4, R5, R7, R8, R10] end with the same timeline on every screen and in SQL, every entry once, every count exact',
    async () => {
      const failures: Outcome[] = [];
      const figures = await soak(stage, {
        firstSeed: 1,
        count: COUNT,
        atOnce: Number(AT_ONCE ?? 12),
        budgetMs: IS_SOAK ? Number.POSITIVE_INFINITY : BUDGET_MS,
        onFailure: (outcome) => {
          failures.push(outcome);
          console.log(describeOutcome(outcome));
        },
      });
      console.log('schedules:', JSON.stringify(figures));
      for (const failure of SHRINK ? failures.slice(0, 3) : [])
        console.log('shrunk:', describeOutcome(await shrink(stage, failure)));
      expect(failures.map(({ schedule }) => schedule.seed)).toEqual([]);
    },
    IS_SOAK ? 24 * 3600_000 : 120_000,
  );
});

describe.runIf(SCHEDULE_SEED !== undefined)('one schedule', () => {
  it(`holds (seed ${SCHEDULE_SEED})`, async () => {
    const outcome = await runSchedule(stage, createSchedule(Number(SCHEDULE_SEED)));
    if (outcome.violations.length === 0) return;
    console.log(describeOutcome(outcome));
    if (SHRINK) {
      const small = await shrink(stage, outcome);
      console.log('shrunk:', describeOutcome(small), JSON.stringify(small.schedule));
    }
    expect(outcome.violations).toEqual([]);
  }, 3600_000);
});
