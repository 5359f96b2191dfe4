/** [R11] While the database is slow or away, requests wait for it. How many may do so is bounded: the next one is told at once to come back. */
import type { MiddlewareHandler } from 'hono';
import { AppError, refusal } from './app-error.ts';
import type { RestEnv } from './authenticate.ts';

export function boundRequests(max: number): MiddlewareHandler<RestEnv> {
  let underWay = 0;
  return async (_context, next) => {
    if (underWay >= max) throw new AppError(refusal('unavailable', 'Too many requests are waiting for the database.'));
    underWay += 1;
    try {
      await next();
    } finally {
      underWay -= 1;
    }
  };
}
