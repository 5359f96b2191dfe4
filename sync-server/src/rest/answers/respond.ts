/** The one place where errors become JSON. What was sent to us is never logged. */
import type { ErrorBody } from '@tablo/schema/rest/common';
import type { Context } from 'hono';
import { routePath } from 'hono/route';
import { describeStatement, isDatabaseAway } from '../../base/database-away.ts';
import type { Log } from '../../base/log.ts';
import { AppError, invalidRequest, notFound, refusal } from '../base/app-error.ts';
import { hasHungUp } from '../requests/client-address.ts';

/** `Retry-After` for clients above their rate: long enough to help, short enough not to be noticed. */
const RETRY_AFTER_S = '1';

export function respond(context: Context, error: unknown, log: Log): Response {
  const known = error instanceof AppError ? error : asAppError(error, context, log);
  // Of a route's own answers only a refusal by the host's database has one.
  if (known === error && known.cause !== undefined)
    log.warn({ err: known.cause, ...routeOf(context) }, 'The host’s database refused a change.');
  const body: ErrorBody = { error: known.message, code: known.code };
  if (known.status === 401) context.header('WWW-Authenticate', 'Bearer');
  if (known.status === 429 || known.status === 503) context.header('Retry-After', RETRY_AFTER_S);
  return context.json(body, known.status);
}

export const respondNotFound = (context: Context, log: Log): Response => respond(context, notFound(), log);

function asAppError(error: unknown, context: Context, log: Log): AppError {
  // Nobody reads the answer, and what they left half done is no trouble of ours.
  if (hasHungUp(context) && !isDatabaseAway(error)) return invalidRequest('The request ended early.');
  const route = routeOf(context);
  if (isDatabaseAway(error)) {
    // Clients get the same answer for all of these: come back later. The operator has to act differently on each.
    log.warn({ err: error, ...route }, describeStatement(error) ?? 'The database did not answer.');
    return new AppError(refusal('unavailable'), { cause: error });
  }
  log.error({ err: error, ...route }, 'A request failed.');
  return new AppError({ code: 'internal', message: 'Something went wrong on the server.' }, { cause: error });
}

/** The pattern: an address may hold an invitation's code. */
const routeOf = (context: Context) => ({ method: context.req.method, route: routePath(context) });
