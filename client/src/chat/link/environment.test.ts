import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { browserEnvironment, type EnvironmentEvent } from './environment.ts';

let page: EventTarget & { visibilityState: string };

beforeEach(() => {
  page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('window', new EventTarget());
  vi.stubGlobal('document', page);
});
afterEach(() => vi.unstubAllGlobals());

function count(event: EnvironmentEvent): { readonly times: number; stop(): void } {
  const counter = { times: 0, stop: () => {} };
  counter.stop = browserEnvironment.on(event, () => {
    counter.times += 1;
  });
  return counter;
}

it.each([
  ['focus', () => window],
  ['pageshow', () => window],
  ['resume', () => document],
] as const)('[R11] a page wakes by %s', (event, target) => {
  const wakes = count('wake');
  target().dispatchEvent(new Event(event));
  expect(wakes.times).toBe(1);
  wakes.stop();
  target().dispatchEvent(new Event(event));
  expect(wakes.times).toBe(1);
});

it('a page that is hidden has not come into sight', () => {
  const sights = count('visible');
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  expect(sights.times).toBe(0);
  page.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  expect(sights.times).toBe(1);
});
