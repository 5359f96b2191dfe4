/**
 * A log that nobody can flood. While the database is away, everything that needs it fails: every join, every request, every snapshot. One line of each kind
 * every ten seconds says as much as thousands, which would fill a disk. And whatever a client can cause it can cause without end, so every other kind has a
 * rate as well. The first line after a silence says how many there were `alike`.
 */
import { isDatabaseAway } from './database-away.ts';
import type { Log } from './log.ts';

const QUIET_MS = 10_000;
/** Lines of a kind in that time. Of what happens to us, and not because somebody asks, there are never so many. */
const LINES_MAX = 20;
/** Kinds are our own sentences; should one have something of a client's in it, it does not fill the memory. */
const KINDS_MAX = 1_000;

interface Kind {
  /** ms since the Unix epoch. */
  readonly since: number;
  said: number;
  unsaid: number;
}

export function createCalmLog(log: Log, now: () => number = Date.now): Log {
  const kinds = new Map<string, Kind>();

  /** Of lines of that kind that were not written since the last; null: nor is this one. */
  const countUnsaid = (text: string, max: number): number | null => {
    let kind = kinds.get(text);
    const elapsed = kind === undefined ? Number.POSITIVE_INFINITY : now() - kind.since;
    if (kind === undefined || elapsed >= QUIET_MS || elapsed < 0) {
      if (kinds.size >= KINDS_MAX) kinds.clear();
      const unsaid = kind?.unsaid ?? 0;
      kind = { since: now(), said: 1, unsaid: 0 };
      kinds.set(text, kind);
      return unsaid;
    }
    if (kind.said < max) {
      kind.said += 1;
      return 0;
    }
    kind.unsaid += 1;
    return null;
  };

  const calm =
    (write: Log['warn']): Log['warn'] =>
    (fields: object | string, message?: string): void => {
      const [given, text] = typeof fields === 'string' ? [{}, fields] : [fields, message ?? ''];
      const unsaid = countUnsaid(text, isDatabaseAway((given as { err?: unknown }).err) ? 1 : LINES_MAX);
      if (unsaid !== null) write(unsaid === 0 ? given : { ...given, alike: unsaid }, text);
    };
  return {
    debug: calm(log.debug.bind(log)),
    info: calm(log.info.bind(log)),
    warn: calm(log.warn.bind(log)),
    error: calm(log.error.bind(log)),
  };
}
