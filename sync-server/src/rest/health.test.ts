import { OpenAPIHono } from '@hono/zod-openapi';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { addHealthRoutes, type Health } from './health.ts';
import type { RestApp } from './route.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const NEVER = new Promise<never>(() => {});

it.each<[string, Pick<Health, 'ping' | 'findHidden'>, string]>([
  ['first', { ping: () => NEVER, findHidden: async () => null }, 'The database does not answer.'],
  ['second', { ping: async () => 1, findHidden: () => NEVER }, 'The database does not answer.'],
])(
  '[R11] /readyz answers within its two seconds when the database leaves the %s question open',
  async (_, asked, reason) => {
    const app: RestApp = new OpenAPIHono();
    let troubles = 0;
    addHealthRoutes(app, {
      ...asked,
      awaySince: () => null,
      onTrouble: () => {
        troubles += 1;
      },
      registry: new Registry(),
      settings: { metrics: 'off', metricsToken: null, trustProxy: false },
    });
    const answer = app.request('/readyz');
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await answer).status).toBe(503);
    expect(await (await answer).json()).toEqual({ status: 'unavailable', reason });
    expect(troubles).toBe(1);
  },
);
