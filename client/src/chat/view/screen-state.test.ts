import { describe, expect, it } from 'vitest';
import {
  asked,
  asking,
  begunAnew,
  doubted,
  isCurrent,
  isUpToDate,
  OPENED,
  type ScreenState,
  SHUT,
} from './screen-state.ts';

const ask = (state: ScreenState): ScreenState => (state.status === 'unverified' ? asking(state) : state);
const answer = (state: ScreenState): ScreenState => (state.status === 'asking' ? asked(state, true) : state);
const fail = (state: ScreenState): ScreenState => (state.status === 'asking' ? asked(state, false) : state);

type Row = readonly [
  what: string,
  steps: readonly ((state: ScreenState) => ScreenState)[],
  status: ScreenState['status'],
  isUpToDate: boolean,
  isCurrent: boolean,
];

describe('the state of a screen', () => {
  it.each<Row>([
    ['is unverified when it is opened', [], 'unverified', false, false],
    ['counts as the server’s while it is asked: the join has brought the document', [ask], 'asking', false, true],
    ['is verified by the answer', [ask, answer], 'verified', true, true],
    ['is unverified again when nothing answers', [ask, fail], 'unverified', false, false],
    [
      'has to be verified again with another document, and stays up to date for people',
      [ask, answer, begunAnew],
      'unverified',
      true,
      false,
    ],
    ['is not the server’s while something is shown on its word alone', [doubted, ask], 'asking', false, false],
    ['stays doubtful with another document', [doubted, begunAnew, ask], 'asking', false, false],
    ['stays doubtful when nothing answers', [doubted, ask, fail, ask], 'asking', false, false],
    ['stays up to date for people when it is doubted', [ask, answer, doubted, ask], 'asking', true, false],
    ['is doubted no more after an answer', [ask, answer, doubted, ask, answer], 'verified', true, true],
  ])('[R5] a screen %s', (_what, steps, status, upToDate, current) => {
    const state = steps.reduce((from, step) => step(from), OPENED);
    expect([state.status, isUpToDate(state), isCurrent(state)]).toEqual([status, upToDate, current]);
  });

  it('[R9] a screen stays shut, whatever comes', () => {
    for (const step of [ask, answer, fail, begunAnew, doubted]) expect(step(SHUT)).toBe(SHUT);
    expect([isUpToDate(SHUT), isCurrent(SHUT)]).toEqual([false, false]);
  });
});
