import { OpenAPIHono } from '@hono/zod-openapi';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addHealthRoutes } from './health.ts';
import type { RestApp } from './route.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = () => new Promise<never>(() => {});
const failing = () => Promise.reject(new Error('the database is away'));

function open(ping: () => Promise<unknown>, findHidden: () => Promise<string | null>) {
  const app: RestApp = new OpenAPIHono();
  const onTrouble = vi.fn();
  addHealthRoutes(app, {
    ping,
    findHidden,
    awaySince: () => null,
    onTrouble,
    registry: new Registry(),
    settings: { metrics: 'off', metricsToken: null, trustProxy: false },
  });
  const ask = async (): Promise<unknown> => (await app.request('/readyz')).json();
  return { ask, onTrouble };
}

describe('/readyz', () => {
  it.each([
    ['the database says nothing', never, () => Promise.resolve(null)],
    ['it answers, and does not say what it hides', () => Promise.resolve(), never],
  ])('[R11] /readyz answers within two seconds where %s', async (_, ping, findHidden) => {
    const { ask, onTrouble } = open(ping, findHidden);
    const answered = vi.fn();
    void ask().then(answered);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(answered.mock.calls).toEqual([[{ status: 'unavailable', reason: 'The database does not answer.' }]]);
    expect(onTrouble).toHaveBeenCalledOnce();
  });

  it.each([
    ['cannot be reached', failing, () => Promise.resolve(null)],
    ['goes away between two questions', () => Promise.resolve(), failing],
  ])('[R11] /readyz says so where the database %s', async (_, ping, findHidden) => {
    const { ask, onTrouble } = open(ping, findHidden);
    expect(await ask()).toEqual({ status: 'unavailable', reason: 'The database cannot be reached.' });
    expect(onTrouble).toHaveBeenCalledOnce();
  });

  it('[R11] /readyz passes on what the database hides, which is no trouble of the store’s', async () => {
    const { ask, onTrouble } = open(
      () => Promise.resolve(),
      () => Promise.resolve('Rows are hidden.'),
    );
    expect(await ask()).toEqual({ status: 'unavailable', reason: 'Rows are hidden.' });
    expect(onTrouble).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
