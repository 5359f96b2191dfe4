/** `?before=&after=&around=&limit=` of a tablo's history. */

import { type EntryId, isEntryId } from '@tablo/schema/ids';
import { MESSAGES_MAX_LIMIT } from '@tablo/schema/limits';
import { MESSAGES_DEFAULT_LIMIT } from '@tablo/schema/rest/message';
import { z } from 'zod';
import { limitParam } from '../base/page-query.ts';
import type { Before } from '../stores/pg-messages.ts';

/** RFC 3339, and the longer years that ECMAScript writes. No offset means UTC. */
const ISO_TIME = /^([+-]\d{6}|\d{4})-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
const HAS_OFFSET = /(Z|[+-]\d\d:?\d\d)$/i;

export function parseBefore(given: string): Before | null {
  if (isEntryId(given)) return { type: 'id', id: given };
  // A plus sign that nobody encoded arrives as a space.
  const text = given.replaceAll(' ', '+').toUpperCase();
  if (!ISO_TIME.test(text)) return null;
  const ms = Date.parse(text.includes('T') && !HAS_OFFSET.test(text.slice(text.indexOf('T'))) ? `${text}Z` : text);
  // Nothing is older than 1970, and PostgreSQL's years end before ECMAScript's begin.
  return Number.isNaN(ms) ? null : { type: 'time', ms: Math.max(0, ms) };
}

export const messagesQuery = z
  .object({
    before: z
      .string()
      .transform((given, context): Before => {
        const before = parseBefore(given);
        if (before !== null) return before;
        context.addIssue({ code: 'custom', message: 'must be an ISO 8601 time or a message id' });
        return z.NEVER;
      })
      .optional()
      .meta({ type: 'string', description: 'An ISO 8601 time, or a message id, which is exact with equal times.' }),
    after: z
      .string()
      .regex(/^\d{1,15}$/, 'must be a seq: a whole number from 0')
      .transform(Number)
      .optional()
      .meta({
        type: 'integer',
        minimum: 0,
        description:
          'A seq: what came after it, in the order of arrival, deleted messages included. Not with `before`.',
      }),
    around: z.custom<EntryId>(isEntryId, 'must be a message id').optional().meta({
      type: 'string',
      description:
        'A message id: this message and as many before as after it; `hasNewer` tells whether there are newer ones. Not with `before` or `after`.',
    }),
    limit: limitParam(MESSAGES_MAX_LIMIT, MESSAGES_DEFAULT_LIMIT),
  })
  .refine(({ before, after }) => before === undefined || after === undefined, {
    path: ['after'],
    message: 'before and after exclude each other',
  })
  .refine(({ before, after, around }) => around === undefined || (before === undefined && after === undefined), {
    path: ['around'],
    message: 'around goes with neither before nor after',
  });
