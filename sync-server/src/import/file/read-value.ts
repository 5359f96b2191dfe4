/** Values of an export, which may be anything: each is what it should be, or null. */
import type { JsonObject } from './piece-builder.ts';

export const asObject = (value: unknown): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;

/** NUL and halves of surrogate pairs cannot be stored, wherever they stand. */
export const mend = (text: string): string => text.replaceAll('\0', '').toWellFormed();

export function asText(value: unknown): string | null {
  const text = typeof value === 'string' ? mend(value) : '';
  return text === '' ? null : text;
}

/** Stream's ids have 255 characters at the most. */
const ID_MAX = 512;

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** An id, or an object that has one. */
export function asId(value: unknown): string | null {
  const id = asText(value) ?? asText(asObject(value)?.['id']);
  return id !== null && id.length <= ID_MAX ? id : null;
}

/** Whether what should be an id, or has one, is longer than ids may be. */
export const isLongId = (value: unknown): boolean =>
  (asText(value) ?? asText(asObject(value)?.['id']) ?? '').length > ID_MAX;

/** What a value is, for a sentence. */
export const kindOfValue = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : typeof value === 'string'
          ? 'a text'
          : `a ${typeof value}`;

/** Words of the file, where they are only shown. */
const SHOWN_MAX = 60;
export const shorten = (text: string): string =>
  text.length > SHOWN_MAX ? `${mend(text.slice(0, SHOWN_MAX))}…` : text;

/** Microseconds since the Unix epoch; Stream writes up to nine digits after the second. Null: no time from 1970 to 9999. */
export function asTime(value: unknown): number | null {
  const us = typeof value === 'string' ? fromText(value) : typeof value === 'number' ? fromNumber(value) : null;
  return us !== null && us >= 0 && us < LAST_US ? us : null;
}

const LAST_US = Date.UTC(10_000, 0, 1) * 1_000;

function fromText(value: string): number | null {
  // A date alone, or words that a JavaScript Date guesses at, are no time here.
  const parts = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)$/i.exec(value);
  if (parts === null) return null;
  const [, second = '', fraction = '', zone = ''] = parts;
  const ms = Date.parse(`${second.replace(' ', 'T')}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? null : ms * 1_000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/** Nanoseconds, microseconds, milliseconds or seconds, by their size. */
function fromNumber(value: number): number | null {
  if (!Number.isFinite(value) || value < 0) return null;
  const scale = value > 1e17 ? 1e-3 : value > 1e14 ? 1 : value > 1e11 ? 1e3 : 1e6;
  return Math.floor(value * scale);
}
