/**
 * The log: lines for people, or JSON for machines. It never contains messages of people or tokens: errors are reduced to their origin,
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

/** The part of a logger that rooms use. */
export interface Log {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** Longest message of an error, and longest stack, in the log. */
const MESSAGE_MAX_LENGTH = 1_000;
const STACK_MAX_LENGTH = 4_000;

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

/** For tests and tools without output. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

function writeToStdout(line: string): void {
  process.stdout.write(line);
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error;
  const { name, message, stack } = error;
  const code = (error as { code?: unknown }).code;
  return {
    type: name,
    message: withoutValues(message, code).slice(0, MESSAGE_MAX_LENGTH),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack: framesOf(stack, message) }),
  };
}

/** SQLSTATE class 22, data exceptions: PostgreSQL quotes the value that it could not read. */
function withoutValues(message: string, code: unknown): string {
  return typeof code === 'string' && /^22...$/.test(code) ? message.replaceAll(/"[^"]*"?|'[^']*'?/g, '"…"') : message;
}

/** A stack begins with the message, which may be several lines, and look like frames: what follows it is Node's. */
function framesOf(stack: string, message: string): string {
  const at = stack.indexOf(message);
  return at < 0 ? '' : stack.slice(at + message.length, at + message.length + STACK_MAX_LENGTH);
}

/** One JSON line of pino's as `12:34:56 warn  The message. tablo=…`; the level `info` is not written. */
function toText(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown> & {
    level: number;
    time: number;
  };
  const label = level === 30 ? '' : `${pino.levels.labels[level] ?? level} `;
  const pairs = Object.entries(fields).map(([name, value]) => ` ${toPlain(name)}=${toPlain(value)}`);
  const { type, message, stack } = (err ?? {}) as { type?: string; message?: string; stack?: string };
  const said = message === undefined ? '' : ` (${toOneLine(level >= 50 ? `${type}: ${message}` : message)})`;
  const frames = level >= 50 ? (stack ?? '').split('\n').filter((frame) => frame !== '') : [];
  const trace = frames.map((frame) => `\n${toOneLine(frame)}`).join('');
  return `${new Date(time).toISOString().slice(11, 19)} ${label}${toOneLine(String(msg ?? ''))}${pairs.join('')}${said}${trace}\n`;
}

/** A word as it is, and anything else in quotes: nothing in a value looks like the next field. */
function toPlain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return toOneLine(typeof value === 'string' && !PLAIN.test(text) ? JSON.stringify(text) : text);
}

const PLAIN = /^[\p{L}\p{N}…_.,:;/@+*<>#?!&%()[\]{}|~^$-]+$/u;
/** Ends of lines, what a terminal obeys, and what turns the direction of a text: text from outside must not become further lines, or commands of a terminal. */
const toOneLine = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (found) => `\\u${(found.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
