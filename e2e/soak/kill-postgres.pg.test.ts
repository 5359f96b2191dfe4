import { expect, it } from 'vitest';
import { runTroubles } from './trouble-run.ts';

it('[R1] [R11] PostgreSQL cut off, killed, silent, read-only or full: nothing is acknowledged, reads go on, all of it delivers alone', async () => {
  const { faults, drifts, troubles, written, acknowledged } = await runTroubles({ rounds: 1, seed: 1 });
  console.log(JSON.stringify({ written, acknowledged, troubles }, null, 1));
  expect({ faults, drifts }).toEqual({ faults: [], drifts: [] });
  expect(acknowledged).toBe(written);
  for (const { trouble, reason, acknowledgedMeanwhile, wasRead, recoveredAfterMs } of troubles) {
    expect(wasRead, trouble).toBe(true);
    expect(recoveredAfterMs, trouble).toBeLessThan(20_000);
    if (reason === null) continue;
    expect(reason, trouble).toMatch(/^[A-Z].+\.$/);
    expect(acknowledgedMeanwhile, trouble).toBe(0);
  }
}, 120_000);
