import { afterAll, beforeAll, it } from 'vitest';
import { createSchedule } from './operation.ts';
import { describeOutcome, runSchedule } from './run-schedule.ts';
import { openScheduleStage, type ScheduleStage } from './schedule-stage.ts';

let stage: ScheduleStage;
beforeAll(async () => {
  stage = await openScheduleStage();
});
afterAll(() => stage.close());
it('loop', async () => {
  const seeds = (process.env['SEEDS'] ?? '250').split(',').map(Number);
  const key = process.env['KEY'] ?? 'm1';
  let found = false;
  for (let round = 0; round < Number(process.env['ROUNDS'] ?? 20) && !found; round += 1) {
    await Promise.all(
      Array.from({ length: 8 }, async (_x, i) => {
        const outcome = await runSchedule(stage, createSchedule(seeds[i % seeds.length] as number), {
          deadlineMs: 6000,
        });
        if (outcome.violations.length > 0 && !found) {
          found = true;
          console.log(describeOutcome(outcome));
          const tablo = (outcome as unknown as { tablo?: string }).tablo;
          console.log('TABLO', tablo, key);
          for (const line of (globalThis as unknown as { LOG: string[] }).LOG)
            if (line.startsWith(String(tablo).slice(0, 8))) console.log(line);
          const rows = await stage.pool.query(
            `SELECT e.id, e.kind, e.target, e.epoch, e.sent_at, e.received_at, m.text, m.deleted_at, m.seq FROM tablo_entries e LEFT JOIN messages m ON m.id = e.id WHERE e.tablo_id = $1 ORDER BY e.received_at, e.id`,
            [tablo],
          );
          for (const row of rows.rows) console.log(JSON.stringify(row));
        }
      }),
    );
    console.log('round', round);
  }
}, 600_000);
