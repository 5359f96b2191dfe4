// The schedules of the real clients on three servers behind a plain balancer, each of which is killed or stopped now and then. NODE_SCHEDULES=10000 for a soak.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOutcome, type Outcome } from '../schedules/run-schedule.ts';
import { openScheduleStage, type ScheduleStage } from '../schedules/schedule-stage.ts';
import { soak } from '../schedules/soak.ts';

const { NODE_SCHEDULES, FIRST_SEED } = process.env;
const COUNT = Number(NODE_SCHEDULES ?? 8);

let stage: ScheduleStage;
beforeAll(async () => {
  stage = await openScheduleStage({}, 3);
});
afterAll(() => stage.close());

it(
  '[N1, R1, R4, R5, R7, R8, R10] schedules on three servers end with the same timeline on every screen and in SQL, every entry once, every count exact',
  async () => {
    const failures: Outcome[] = [];
    const figures = await soak(stage, {
      firstSeed: Number(FIRST_SEED ?? 1),
      count: COUNT,
      atOnce: 6,
      onFailure: (outcome) => {
        failures.push(outcome);
        console.log(describeOutcome(outcome));
      },
    });
    console.log('schedules on three servers:', JSON.stringify(figures));
    expect(failures.map(({ schedule }) => schedule.seed)).toEqual([]);
    expect(figures).toMatchObject({ schedules: COUNT, drifts: 0 });
  },
  NODE_SCHEDULES === undefined ? 300_000 : 24 * 3600_000,
);
