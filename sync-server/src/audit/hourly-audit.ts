/** The audit while the server runs: once an hour over all servers of a database, gently, and never in the way of stopping. */

import type { Log } from '../base/log.ts';
import type { Pool } from '../db/pool.ts';
import type { AuditSummary, Drift } from './drift.ts';
import { audit } from './pg-audit.ts';
import { type LastAudit, takeAuditSlot } from './pg-audit-slot.ts';

const EVERY_MS = 3_600_000;
/** Between two looks whether an hour has passed: a server that restarts often still gets its turn. */
const LOOK_MS = 300_000;
/** A broken table must not fill the disk with lines of log. */
const LOGGED_DRIFTS = 20;
/** A query that the database does not answer must not hold a server that stops. */
const CLOSE_WITHIN_MS = 1_000;

export interface HourlyAuditOptions {
  readonly pool: Pool;
  readonly log: Log;
  readonly onDrift?: (drift: Drift) => void;
  /** After every complete run of this server. */
  readonly onAudited?: (summary: AuditSummary) => void;
  /** At every look: the last complete run, whichever server did it. */
  readonly onLast: (last: LastAudit) => void;
  /** Shorter in tests. */
  readonly everyMs?: number;
  readonly lookMs?: number;
}

export interface HourlyAudit {
  /** Ends a run under way, at its next page. */
  close(): Promise<void>;
}

export function openHourlyAudit(options: HourlyAuditOptions): HourlyAudit {
  const { log, lookMs = LOOK_MS } = options;
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const plan = (): void => {
    timer = setTimeout(
      () => {
        running = look(options, closing.signal)
          .catch((error: unknown) => {
            if (!closing.signal.aborted) log.warn({ err: error }, 'The audit could not be done; it is tried again.');
          })
          .then(() => {
            if (!closing.signal.aborted) plan();
          });
      },
      lookMs * (0.5 + Math.random()),
    ).unref();
  };
  plan();
  return {
    close: async () => {
      closing.abort();
      clearTimeout(timer);
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS).unref())]);
    },
  };
}

async function look(options: HourlyAuditOptions, signal: AbortSignal): Promise<void> {
  const { pool, log, onDrift, onAudited, onLast, everyMs = EVERY_MS } = options;
  let logged = 0;
  const last = await takeAuditSlot(pool, everyMs, async () => {
    const summary = await audit(pool, {
      isGentle: true,
      signal,
      onDrift: (drift) => {
        onDrift?.(drift);
        logged += 1;
        if (logged <= LOGGED_DRIFTS) log.error({ ...drift }, 'The audit found a drift.');
      },
    });
    onAudited?.(summary);
    if (summary.drifts > 0) log.error({ ...summary }, 'Documents and rows differ: run the audit for all of it.');
    else log.debug({ ...summary }, 'Documents and rows agree.');
    return summary;
  });
  if (last !== null) onLast(last);
}
