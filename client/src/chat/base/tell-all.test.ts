import { afterEach, describe, expect, it, vi } from 'vitest';
import { Writable } from './readable.ts';
import { onProblem, reportProblem } from './report-error.ts';
import { tellAll } from './tell-all.ts';

const failure = new Error('a listener of the host');
const fail = () => {
  throw failure;
};

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.unstubAllGlobals();
});

describe('a listener that throws', () => {
  it('stops neither the others nor whoever tells them, and is reported', () => {
    const problems: unknown[] = [];
    const heard: number[] = [];
    stops.push(onProblem((error) => problems.push(error)));
    tellAll<[number]>([fail, (told) => heard.push(told)], 7);
    expect([heard, problems]).toEqual([[7], [failure]]);
  });

  it('of a readable leaves the other subscribers with the new value', () => {
    const problems: unknown[] = [];
    const seen: string[] = [];
    stops.push(onProblem((error) => problems.push(error)));
    const value = new Writable('before');
    value.subscribe(fail);
    value.subscribe(() => seen.push(value.get()));
    value.set('after');
    expect([seen, problems]).toEqual([['after'], [failure]]);
  });

  it('of problems keeps them from nobody else, and its own goes to the page', () => {
    const [problems, page]: [unknown[], unknown[]] = [[], []];
    vi.stubGlobal('reportError', (error: unknown) => page.push(error));
    stops.push(
      onProblem(fail),
      onProblem((error) => problems.push(error)),
    );
    reportProblem('a problem');
    expect([problems, page]).toEqual([['a problem'], [failure]]);
  });
});

it('A problem that nobody listens for goes to the page', () => {
  const page: unknown[] = [];
  vi.stubGlobal('reportError', (error: unknown) => page.push(error));
  reportProblem('a problem');
  expect(page).toEqual(['a problem']);
});
