/**
 * Sends the console output of libraries to our log, cut, and only a few lines a minute: Hocuspocus prints every mistake of a client, and clients must not be able to fill
 * a disk by that.
 */
import { inspect } from 'node:util';
import type { Log } from './log.ts';

const MAX_LINES = 10;
const WINDOW_MS = 60_000;
const MAX_CHARACTERS = 500;

type Printer = Pick<Console, 'log' | 'info' | 'warn' | 'error'>;

export function quietConsole(log: Log, target: Printer = console, now: () => number = Date.now): void {
  let since = now();
  let lines = 0;
  let suppressed = 0;
  const print = (...values: readonly unknown[]): void => {
    if (now() - since > WINDOW_MS) {
      if (suppressed > 0) log.debug({ lines: suppressed }, 'A library printed more lines.');
      [since, lines, suppressed] = [now(), 0, 0];
    }
    lines += 1;
    if (lines > MAX_LINES) {
      suppressed += 1;
      return;
    }
    const text = values.map((value) => (typeof value === 'string' ? value : inspect(value, { depth: 1 }))).join(' ');
    log.debug({ printed: text.slice(0, MAX_CHARACTERS) }, 'A library printed a line.');
  };
  for (const name of ['log', 'info', 'warn', 'error'] as const) target[name] = print;
}
