/**
 * While the database is away, everything that needs it fails: every join, every request, every snapshot. One line of each kind every ten seconds says as
 * much as thousands, which would fill a disk. What else goes wrong may be what a client makes go wrong, as often as it likes: some lines of each kind say it.
 */
import { isDatabaseAway } from './database-away.ts';
import type { Log } from './log.ts';

const QUIET_MS = 10_000;
/** Lines of one kind in that time that have another reason than the database. */
const MAX_ALIKE = 20;

interface Kind {
  /** ms since the Unix epoch. */
  readonly saidAt: number;
  said: number;
  unsaid: number;
}

export function createCalmLog(log: Log, now: () => number = Date.now): Log {
  const kinds = new Map<string, Kind>();
  const calm =
    (write: Log['warn']): Log['warn'] =>
    (fields: object | string, message?: string): void => {
      if (typeof fields === 'string') return write(fields);
      const text = message ?? '';
      const isAway = isDatabaseAway((fields as { err?: unknown }).err);
      const kind = isAway ? text : ` ${text}`;
      const known = kinds.get(kind);
      if (known !== undefined && now() - known.saidAt < QUIET_MS) {
        if (!isAway && known.said < MAX_ALIKE) {
          known.said += 1;
          return write(fields, text);
        }
        known.unsaid += 1;
        return;
      }
      kinds.set(kind, { saidAt: now(), said: 1, unsaid: 0 });
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
