// One scenario in a process of its own, whose clients may have a bug: `run-scenario.ts <scenario> <deadline in ms> <kind,…>`. Prints the kinds of violations as
// JSON; MUTANT_SERVER names the bug of the server. Tries again, more slowly, until all the kinds were seen: on a busy machine nobody may have joined in time.
import type { Schedule } from '../schedules/operation.ts';
import { describeOutcome, runSchedule } from '../schedules/run-schedule.ts';
import { openScheduleStage } from '../schedules/schedule-stage.ts';
import { mutantEnv } from './mutant-env.ts';
import { SCENARIOS } from './scenarios.ts';

const ROUNDS = 4;
/** Of the links' lags and of what a dying store still does. */
const SEEDS = [1, 2, 3];

const [name, deadline, wanted = ''] = process.argv.slice(2);
const kinds = wanted === '' ? [] : wanted.split(',');
const schedule: Schedule = SCENARIOS[name as keyof typeof SCENARIOS];
const server = process.env['MUTANT_SERVER'];
const stage = await openScheduleStage(server === undefined ? {} : mutantEnv(server));
const seen = new Set<string>();
try {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const operations = schedule.operations.map((operation) => ({ ...operation, pauseMs: operation.pauseMs * round }));
    const outcomes = await Promise.all(
      SEEDS.map((seed) => runSchedule(stage, { ...schedule, seed, operations }, { deadlineMs: Number(deadline) })),
    );
    for (const outcome of outcomes) {
      if (outcome.violations.length > 0) process.stderr.write(`${describeOutcome(outcome)}\n`);
      for (const { kind } of outcome.violations) seen.add(kind);
    }
    if (kinds.every((kind) => seen.has(kind))) break;
  }
} finally {
  await stage.close();
}
process.stdout.write(`${JSON.stringify([...seen])}\n`);
