import { expect, it } from 'vitest';
import { runPostgresKills } from './postgres-kill-run.ts';

const KILLS = 20;

it(`[R1] [R4] [R11] ${KILLS} kills of PostgreSQL, the whole of it or one process, lose nothing and double nothing`, async () => {
  const { record: _, ...figures } = await runPostgresKills({ kills: KILLS, seed: 1 });
  console.log(JSON.stringify(figures));
  const { faults, drifts, written, acknowledged, inCommit } = figures;
  expect({ faults, drifts }).toEqual({ faults: [], drifts: [] });
  expect(acknowledged).toBe(written);
  expect(written).toBeGreaterThan(KILLS * 5);
  expect(inCommit, 'kills in the middle of a commit').toBeGreaterThan(0);
}, 180_000);
