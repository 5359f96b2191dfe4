// One scenario in a process of its own, whose clients may have a bug: `run-scenario.ts <scenario>`. Prints the kinds of violations as JSON; MUTANT_SERVER names
// the bug of the server.
import { runSchedule } from '../schedules/run-schedule.ts';
import { openScheduleStage } from '../schedules/schedule-stage.ts';
import { mutantEnv } from './mutant-env.ts';
import { SCENARIOS } from './scenarios.ts';

/** Of a bug nothing gets better with time; where all is well it ends at once. */
const DEADLINE_MS = 3_000;

const name = process.argv[2] as keyof typeof SCENARIOS;
const server = process.env['MUTANT_SERVER'];
const stage = await openScheduleStage(server === undefined ? {} : mutantEnv(server));
const { violations } = await runSchedule(stage, SCENARIOS[name], { deadlineMs: DEADLINE_MS });
await stage.close();
process.stdout.write(`${JSON.stringify([...new Set(violations.map(({ kind }) => kind))])}\n`);
process.exit(0); // Clients that were killed in mid-air may have left a timer.
