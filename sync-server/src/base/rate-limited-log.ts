/**
 * A log that nobody can flood. While the database is away, everything that needs it fails: every join, every request, every snapshot. One line of each kind
 * every ten seconds says as much as thousands, which would fill a disk. And a client can cause other lines without end, so every other kind has a
 * rate as well. The first line after a silence says how many there were `alike`. All kinds of one level together have a rate too, should there be more kinds than
 * we know of; the next line after it says how many were `leftOut`.
 */
import { isDatabaseAway, isOfStatement } from './database-away.ts';
import type { Log } from './log.ts';

const QUIET_MS = 10_000;
/** Lines of a kind in that time. Lines that no request causes are never so frequent. */
const LINES_MAX = 20;
/** Lines of all kinds of one level in that time; each level for itself, so that no flood of small things hides a large one. */
export const TOTAL_MAX = 200;
/** Kinds are our own sentences; should one have something of a client's in it, it does not fill the memory. */
const KINDS_MAX = 1_000;

interface Kind {
  /** ms since the Unix epoch. */
  readonly since: number;
  written: number;
  suppressed: number;
}

export function createRateLimitedLog(log: Log, now: () => number = Date.now): Log {
  const kinds = new Map<string, Kind>();

  /** The number of lines of that kind that were left out since the last one; null: this line is left out too. */
  const countSuppressed = (text: string, max: number): number | null => {
    let kind = kinds.get(text);
    const elapsed = kind === undefined ? Number.POSITIVE_INFINITY : now() - kind.since;
    if (kind === undefined || elapsed >= QUIET_MS || elapsed < 0) {
      if (kinds.size >= KINDS_MAX) kinds.clear();
      const suppressed = kind?.suppressed ?? 0;
      kind = { since: now(), written: 1, suppressed: 0 };
      kinds.set(text, kind);
      return suppressed;
    }
    if (kind.written < max) {
      kind.written += 1;
      return 0;
    }
    kind.suppressed += 1;
    return null;
  };

  const limited = (write: Log['warn']): Log['warn'] => {
    let total = { since: Number.NEGATIVE_INFINITY, lines: 0 };
    let leftOut = 0;
    return (fields: object | string, message?: string): void => {
      const [given, text] = typeof fields === 'string' ? [{}, fields] : [fields, message ?? ''];
      const { err } = given as { err?: unknown };
      // A failed statement concerns that statement only: there may be several kinds of these at once.
      const suppressed = countSuppressed(text, isDatabaseAway(err) && !isOfStatement(err) ? 1 : LINES_MAX);
      if (suppressed === null) return;
      const elapsed = now() - total.since;
      if (elapsed >= QUIET_MS || elapsed < 0) total = { since: now(), lines: 0 };
      if (total.lines >= TOTAL_MAX) {
        leftOut += 1 + suppressed;
        return;
      }
      total.lines += 1;
      const counts = { ...(suppressed === 0 ? {} : { alike: suppressed }), ...(leftOut === 0 ? {} : { leftOut }) };
      leftOut = 0;
      write({ ...given, ...counts }, text);
    };
  };
  return {
    debug: limited(log.debug.bind(log)),
    info: limited(log.info.bind(log)),
    warn: limited(log.warn.bind(log)),
    error: limited(log.error.bind(log)),
  };
}
