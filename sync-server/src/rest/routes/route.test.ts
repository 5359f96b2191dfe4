import { OpenAPIHono } from '@hono/zod-openapi';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Limits } from '../../access/limits/limits.ts';
import type { RestEnv } from '../requests/bound-requests.ts';
import { RequestBounds } from '../requests/bound-requests.ts';
import { defaultLimitSettings, newUser } from '../testing/test-rest.ts';
import { addRoute } from './route.ts';

it('[R11] a request keeps its turn until its answer has been made into bytes, which are charged', async () => {
  const limits = new Limits({ ...defaultLimitSettings(), answerBytesPerSecond: 1, answerBytesBurst: 100 });
  const bounds = new RequestBounds(limits);
  const claims = { userId: newUser(), name: null, email: null, avatarUrl: null, expiresAt: Number.MAX_SAFE_INTEGER };
  const app = new OpenAPIHono<RestEnv>();
  app.use(async (context, next) => {
    context.set('caller', { type: 'user', claims, service: null });
    context.set('bounds', bounds);
    await next();
  });
  const placesWhileMade: number[] = [];
  const toJSON = () => {
    placesWhileMade.push(bounds.waiting);
    return '\u00e9'.repeat(200);
  };
  const description = {
    method: 'get',
    path: '/list',
    summary: '',
    answer: z.looseObject({}),
    statuses: [200],
  } as const;
  addRoute(app, { ...description, cost: 'lists' }, async () => ({ status: 200, body: { toJSON } }));
  const answer = await app.request('/list');
  expect([await answer.text(), placesWhileMade]).toEqual([`"${'\u00e9'.repeat(200)}"`, [1]]);
  expect(limits.isSolvent('answerBytes', claims.userId)).toBe(false);
});
