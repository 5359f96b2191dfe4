import { Random } from '@tablo/schema/testing/random';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { expect, it } from 'vitest';
import { behindGate, runIdleTroubles, runTroubles } from './trouble-run.ts';

it('[R1] [R11] PostgreSQL cut off, killed, silent, read-only or full: nothing is acknowledged, reads go on, everybody is told, all of it delivers alone', async () => {
  const { faults, drifts, troubles, written, acknowledged } = await runTroubles({ rounds: 1, seed: 1 });
  console.log(JSON.stringify({ written, acknowledged, troubles }, null, 1));
  expect({ faults, drifts }).toEqual({ faults: [], drifts: [] });
  expect(acknowledged).toBe(written);
  for (const { trouble, reason, acknowledgedMeanwhile, wasRead, recoveredAfterMs } of troubles) {
    expect([true, 'all moved'], trouble).toContain(wasRead);
    expect(recoveredAfterMs, trouble).toBeLessThan(20_000);
    if (reason === null) continue;
    expect(reason, trouble).toMatch(/^[A-Z].+\.$/);
    expect(acknowledgedMeanwhile, trouble).toBe(0);
  }
}, 120_000);

it('[R11] a database that goes away while nobody writes is noticed, told in /readyz and to clients, and its return as well', async () => {
  expect(await runIdleTroubles(5)).toEqual(['connections cut', 'cable out', 'PostgreSQL killed']);
}, 120_000);

const HALF_OPEN_WITHIN_MS = 60_000;

it('[R11] connections that die without a word (a failover) do not hold the ledger: it goes on over new ones', async () => {
  await behindGate(3, async (stage, _postgres, gate) => {
    const { acknowledged } = stage.book;
    stage.startWriting(new Random(3));
    await untilTrue('people write', () => acknowledged.size > 50);
    gate.freeze();
    const frozenAt = performance.now();
    // What was on its way when the connections froze may still arrive.
    await untilTrue('the ledger waits', () => stage.members.some(({ unacknowledged }) => unacknowledged > 20));
    const before = acknowledged.size;
    await untilTrue('entries are acknowledged again', () => acknowledged.size > before, HALF_OPEN_WITHIN_MS);
    console.log(`recovered ${Math.round(performance.now() - frozenAt)} ms after the connections froze`);
    await stage.drained();
    const { faults, drifts } = await stage.judge();
    expect({ faults, drifts }).toEqual({ faults: [], drifts: [] });
  });
}, 120_000);
