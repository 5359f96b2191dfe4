import { describe, expect, it, vi } from 'vitest';
import { silentLog } from '../base/log.ts';
import { Metrics } from '../base/metrics.ts';
import { createPool } from '../db/pool.ts';
import { openTestDatabase } from '../db/testing/test-database.ts';
import type { AuditSummary, Drift } from './drift.ts';
import { openHourlyAudit } from './hourly-audit.ts';
import type { LastAudit } from './pg-audit-slot.ts';

describe('the hourly audit', () => {
  it('the hourly audit shows in the metrics what it found, and that it is gone after a repair', async () => {
    const own = await openTestDatabase();
    const other = createPool(own.url);
    const metrics = new Metrics();
    await other.query(`INSERT INTO tablos (name, last_seq) VALUES ('Test', 3)`);
    const drifts = async () => /^tablo_audit_drifts (\d+)$/m.exec(await metrics.registry.metrics())?.[1];
    const finishedAt = async () =>
      Number(/^tablo_audit_finished_timestamp_seconds (\S+)$/m.exec(await metrics.registry.metrics())?.[1]);
    expect([await drifts(), await finishedAt()]).toEqual(['0', 0]);
    const server = openHourlyAudit({
      pool: other,
      log: silentLog,
      lookMs: 20,
      everyMs: 50,
      onLast: metrics.onAudit,
    });
    await vi.waitFor(async () => expect(await drifts()).toBe('1'), { timeout: 10_000 });
    expect(Math.abs((await finishedAt()) * 1_000 - Date.now())).toBeLessThan(60_000);
    await other.query('UPDATE tablos SET last_seq = 0');
    await vi.waitFor(async () => expect(await drifts()).toBe('0'), { timeout: 10_000 });
    await server.close();
    await other.end();
    await own.close();
  });

  it('[R11] the hourly audit is done although the note of the last one cannot be read', async () => {
    const own = await openTestDatabase();
    const other = createPool(own.url);
    for (const value of ['{', '{}', 'null', '{"finishedAt":"never","drifts":0}']) {
      await other.query(
        `INSERT INTO tablo_private.settings (name, value) VALUES ('last_audit', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        [value],
      );
      const audited = Promise.withResolvers<void>();
      const server = openHourlyAudit({
        pool: other,
        log: silentLog,
        lookMs: 20,
        onLast() {},
        onAudited: () => audited.resolve(),
      });
      await audited.promise;
      await server.close();
    }
    await other.end();
    await own.close();
  });

  it('the hourly audit is done once for all servers of a database, and all of them know what it found', async () => {
    const own = await openTestDatabase();
    const other = createPool(own.url);
    await other.query(`INSERT INTO tablos (name, last_seq) VALUES ('Test', 3)`);
    const summaries: AuditSummary[] = [];
    const drifts: Drift[] = [];
    const first = Promise.withResolvers<void>();
    const options = { pool: other, log: silentLog, onDrift: (drift: Drift) => drifts.push(drift), lookMs: 20 };
    const known: LastAudit[][] = [[], [], []];
    const open = (nth: number) =>
      openHourlyAudit({
        ...options,
        onLast: (last) => void known[nth]?.push(last),
        onAudited: (summary) => {
          summaries.push(summary);
          first.resolve();
        },
      });
    const servers = [0, 1, 2].map(open);
    await first.promise;
    await vi.waitFor(() => expect(known.every((heard) => heard.length > 1)).toBe(true), { timeout: 10_000 });
    const [last] = known[0] ?? [];
    expect(last).toMatchObject({ drifts: 1 });
    expect(known.flat().every((heard) => heard.finishedAt === last?.finishedAt && heard.drifts === 1)).toBe(true);
    // Every server has looked several times when this one's clock says that an hour has passed.
    const later = Promise.withResolvers<void>();
    const next = openHourlyAudit({ ...options, everyMs: 400, onAudited: () => later.resolve(), onLast() {} });
    await later.promise;
    expect(summaries).toMatchObject([{ tablos: 1, drifts: 1 }]);
    expect(drifts.map(({ code }) => code)).toEqual(['last-seq', 'last-seq']);
    await Promise.all([...servers, next].map((server) => server.close()));
    await other.end();
    await own.close();
  });
});
