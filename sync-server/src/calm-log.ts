/**
 * While the database is away, everything that needs it fails: every join, every request, every snapshot. One line of each kind every ten seconds says as
 * much as thousands, which would fill a disk.
 */
import { isDatabaseAway } from './database-away.ts';
import type { Log } from './log.ts';

const QUIET_MS = 10_000;

interface Kind {
  /** ms since the Unix epoch. */
  readonly saidAt: number;
  unsaid: number;
}

export function createCalmLog(log: Log, now: () => number = Date.now): Log {
  const kinds = new Map<string, Kind>();
  const calm =
    (write: Log['warn']): Log['warn'] =>
    (fields: object | string, message?: string): void => {
      if (typeof fields === 'string') return write(fields);
      const text = message ?? '';
      if (!isDatabaseAway((fields as { err?: unknown }).err)) return write(fields, text);
      const known = kinds.get(text);
      if (known !== undefined && now() - known.saidAt < QUIET_MS) {
        known.unsaid += 1;
        return;
      }
      kinds.set(text, { saidAt: now(), unsaid: 0 });
      const unsaid = known?.unsaid ?? 0;
      write(unsaid === 0 ? fields : { ...fields, alike: unsaid }, text);
    };
  return {
    debug: log.debug.bind(log),
    info: log.info.bind(log),
    warn: calm(log.warn.bind(log)),
    error: calm(log.error.bind(log)),
  };
}
