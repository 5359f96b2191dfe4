import { OpenAPIHono } from '@hono/zod-openapi';
import { expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import type { RestEnv } from './authenticate.ts';
import { boundRequests } from './bound-requests.ts';
import { respond } from './respond.ts';

it('[R11] so many requests may wait; the next is told at once to come back, and there is room again when one ends', async () => {
  const app = new OpenAPIHono<RestEnv>();
  const waiting: (() => void)[] = [];
  app.onError((error, context) => respond(context, error, silentLog));
  app.use('/slow', boundRequests(2));
  app.get('/slow', async (context) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return context.text('done');
  });
  app.use('/failing', boundRequests(1));
  app.get('/failing', () => {
    throw new Error('on purpose');
  });
  const statusOf = async (path: string) => (await app.request(path)).status;
  const under = [statusOf('/slow'), statusOf('/slow')];
  const refused = await app.request('/slow');
  expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '1']);
  expect(await refused.json()).toMatchObject({ code: 'unavailable' });
  for (const end of waiting) end();
  expect(await Promise.all(under)).toEqual([200, 200]);
  const again = statusOf('/slow');
  while (waiting.length < 3) await Promise.resolve();
  waiting[2]?.();
  expect(await again).toBe(200);
  expect([await statusOf('/failing'), await statusOf('/failing')]).toEqual([500, 500]);
});
