/** What all REST schemas share. Requests are strict about what they use and ignore other keys. */
import { z } from 'zod';
import { REASON_CODES } from '../close-codes.ts';
import { isCanonicalUuid } from '../ids.ts';
import { ROLES } from '../roles.ts';

export const uuid = z.string().refine(isCanonicalUuid, 'must be a lowercase UUID');
export const isoTime = z.iso.datetime({ offset: true });
export const role = z.enum(ROLES);

/** For the next page: opaque, to be sent back as `?cursor=`. Null or absent on the last one. */
export const nextCursor = z.string().nullish();

/** Codes that only REST uses, beside the table of `close-codes.ts`. */
export const REST_CODES = ['invalid-request', 'not-found', 'last-owner', 'message-deleted', 'internal'] as const;
export const errorCode = z.enum([...REASON_CODES, ...REST_CODES]);
export type ErrorCode = z.infer<typeof errorCode>;

export const errorBody = z.object({ error: z.string(), code: errorCode });
export type ErrorBody = z.infer<typeof errorBody>;

export const okAnswer = z.object({ ok: z.literal(true) });

/**
 * `GET /api/config`: what the page must know before anybody has signed in. With `?page=<its origin>`, and where WebSockets of such a page are refused, also
 * why, and which setting mends it: no browser tells a page why its socket did not open.
 */
export const configAnswer = z.object({
  identity: z.enum(['built-in', 'external']),
  sockets_refused: z.string().optional(),
});
export type RestConfig = z.infer<typeof configAnswer>;
