/** `?limit=&cursor=` of lists that come in pages, each by a time and an id: a page begins after the last row of the one before, whatever came or went meanwhile. */
import { isCanonicalUuid } from '@tablo/schema/ids';
import { z } from 'zod';

export interface Cursor {
  /** Microseconds since the Unix epoch, as PostgreSQL counts them. */
  readonly us: string;
  readonly id: string;
}

export const encodeCursor = ({ us, id }: Cursor): string => Buffer.from(`${us}.${id}`).toString('base64url');

const DECODED = /^(\d{1,18})\.(.+)$/;

export function parseCursor(given: string): Cursor | null {
  const [, us, id] = DECODED.exec(Buffer.from(given, 'base64url').toString()) ?? [];
  return us === undefined || !isCanonicalUuid(id) ? null : { us, id };
}

/** A number out of range is clamped; anything else is refused. */
export const limitParam = (max: number, fallback: number = max) =>
  z
    .string()
    .regex(/^[+-]?\d+$/, 'must be a whole number')
    .transform((given) => Math.min(Math.max(Number(given), 1), max))
    .default(fallback)
    .meta({ type: 'integer', minimum: 1, maximum: max, default: fallback });

export const pageQuery = (max: number) =>
  z.object({
    limit: limitParam(max),
    cursor: z
      .string()
      .transform((given, context): Cursor => {
        const cursor = parseCursor(given);
        if (cursor !== null) return cursor;
        context.addIssue({ code: 'custom', message: 'must be a cursor of the page before' });
        return z.NEVER;
      })
      .optional()
      .meta({ type: 'string', description: 'As the page before gave it.' }),
  });

/** A page from one row more than wanted, which says whether there is another. */
export function cutPage<T extends { readonly us: string; readonly id: string }>(
  rows: readonly T[],
  limit: number,
): { readonly rows: readonly T[]; readonly cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, cursor: rows.length > limit && last !== undefined ? encodeCursor(last) : null };
}

/** A time, an SQL expression of ours, as a cursor carries it, and back. */
export const toUs = (time: string): string => `(extract(epoch FROM ${time}) * 1000000)::bigint`;
export const fromUs = (us: string): string => `(timestamptz 'epoch' + ${us}::bigint * interval '1 microsecond')`;
