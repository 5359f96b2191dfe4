/**
 * The log: lines for people, or JSON for machines. Never what people wrote, never a token: errors are cut down to what says where they came from,
 * since PostgreSQL's carry the values of the row that failed.
 */
import pino from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

interface LogMethod {
  (message: string): void;
  (fields: object, message: string): void;
}

/** The little of a logger that rooms take. */
export interface Log {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly write?: (line: string) => void;
}

export function createLog({ level, format, write = writeToStdout }: LogOptions): Log {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: ['token', 'text', 'password', 'authorization', 'cookie', '*.token', '*.text', '*.password'],
        censor: '…',
      },
      serializers: { err: describeError },
    },
    { write: format === 'json' ? write : (line: string) => write(toText(line)) },
  );
}

/** For tests and tools which have nothing to say. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

function writeToStdout(line: string): void {
  process.stdout.write(line);
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error;
  const code = (error as { code?: unknown }).code;
  return { type: error.name, message: error.message, ...(code === undefined ? {} : { code }), stack: error.stack };
}

/** One JSON line of pino's as `12:34:56 warn  The message. tablo=…`; info, the everyday level, needs no word. */
function toText(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown> & {
    level: number;
    time: number;
  };
  const label = level === 30 ? '' : `${pino.levels.labels[level] ?? level} `;
  const pairs = Object.entries(fields).map(
    ([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const { message, stack } = (err ?? {}) as { message?: string; stack?: string };
  const trace = level >= 50 && stack !== undefined ? `\n${stack}` : message === undefined ? '' : ` (${message})`;
  return `${new Date(time).toISOString().slice(11, 19)} ${label}${String(msg ?? '')}${pairs.join('')}${trace}\n`;
}
