import { describe, expect, it } from 'vitest';
import {
  type Circumstances,
  factsOf,
  type Socket,
  type SocketEffect,
  type SocketEvent,
  startSocket,
  step,
} from './socket-state.ts';

const NOW = 10_000;
const story = { generation: 1, attemptedAt: NOW - 4_000, failures: 0, reason: null, isForced: false } as const;
/** One of each kind, as it may be. */
const none: Socket = { ...story, state: 'none', lostAt: NOW - 3_000 };
const opening: Socket = { ...story, state: 'opening', lostAt: NOW - 5_000 };
const fresh: Socket = { ...story, state: 'open', at: NOW - 500, isStoreAway: true };
const old: Socket = { ...story, state: 'open', at: NOW - 3_500, isStoreAway: false };
const waiting: Socket = { ...story, state: 'waiting', lostAt: NOW - 3_000, lost: { openMs: 7, isRestart: false } };
const closed: Socket = { state: 'closed' };

const USUAL: Circumstances = { now: NOW, hasNetwork: true, isIdle: false };
const NO_NETWORK = { hasNetwork: false };
const IDLE = { isIdle: true };
const lost = { type: 'lost', code: 1006 } as const;

type Row = readonly [
  what: string,
  from: Socket,
  event: SocketEvent,
  to: object,
  effects: readonly SocketEffect[],
  circumstances?: Partial<Circumstances>,
];

const ROWS: readonly Row[] = [
  ['is sought at the start', startSocket(NOW), { type: 'woken' }, { state: 'opening' }, ['hurry', 'connect']],
  ['is not sought without a network', none, { type: 'woken' }, none, ['hurry'], NO_NETWORK],
  [
    'is sought anew when the page wakes, in the place of an attempt of before',
    opening,
    { type: 'woken' },
    { state: 'opening', attemptedAt: NOW, lostAt: NOW - 5_000 },
    ['hurry', 'connect'],
  ],
  [
    'is sought once for all events of one wake',
    { ...opening, attemptedAt: NOW - 999 },
    { type: 'woken' },
    { ...opening, attemptedAt: NOW - 999 },
    [],
  ],
  ['that is open is asked when the page wakes', old, { type: 'woken' }, old, ['probe'], NO_NETWORK],
  [
    'is sought when somebody asks for it, whatever was said of it',
    { ...none, reason: 'unauthenticated' },
    { type: 'called' },
    { state: 'opening', reason: null, isForced: true },
    ['hurry', 'connect', 'retry'],
  ],
  [
    'that is open is asked when somebody asks for one',
    old,
    { type: 'called' },
    { ...old, isForced: true },
    ['probe', 'retry'],
  ],
  [
    'is given up when the network goes, and the order to seek one with it',
    { ...old, isForced: true },
    { type: 'offline' },
    { state: 'none', isForced: false, lostAt: NOW, failures: 1 },
    ['useful', 'tell-lost', 'leave'],
  ],
  ['is not awaited without a network', waiting, { type: 'offline' }, { state: 'none' }, ['tell-lost', 'leave']],
  [
    'is given up when nobody is signed in',
    fresh,
    { type: 'signed-out' },
    { state: 'none', reason: 'unauthenticated' },
    ['tell-lost', 'leave'],
  ],
  [
    'opens',
    { ...opening, failures: 2 },
    { type: 'opened' },
    { state: 'open', at: NOW, generation: 2, failures: 2, isStoreAway: false },
    ['watch'],
  ],
  [
    'got somewhere when it opens, where nothing can join',
    { ...opening, failures: 2 },
    { type: 'opened' },
    { failures: 0 },
    ['watch'],
    IDLE,
  ],
  [
    'that lasted is replaced after a wait',
    old,
    lost,
    { state: 'waiting', lostAt: NOW, failures: 1, lost: { openMs: 3_500, isRestart: false } },
    ['useful', 'wait', 'tell-lost'],
  ],
  ['that was cut at once was of no use', fresh, lost, { state: 'waiting' }, ['useless', 'wait', 'tell-lost']],
  [
    'that the server has said why it ends is no riddle',
    { ...fresh, reason: 'rate-limited' },
    lost,
    { state: 'waiting', reason: 'rate-limited' },
    ['wait', 'tell-lost'],
  ],
  [
    'that did not open is tried again, and what counts is the last that was open',
    opening,
    lost,
    { state: 'waiting', lostAt: NOW - 5_000, failures: 1, lost: { openMs: 0, isRestart: false } },
    ['useless', 'wait', 'tell-lost'],
  ],
  [
    'of a server that restarts is everybody’s',
    old,
    { type: 'lost', code: 1012 },
    { lost: { openMs: 3_500, isRestart: true } },
    ['useful', 'wait', 'tell-lost'],
  ],
  ['that was given up is not lost once more', none, lost, none, []],
  [
    'that cannot even be made is tried again',
    opening,
    { type: 'failed' },
    { state: 'waiting', failures: 0, lost: { openMs: 0, isRestart: false } },
    ['wait'],
  ],
  ['whose attempt has been told as lost does not fail as well', waiting, { type: 'failed' }, waiting, []],
  ['is tried again after the wait', waiting, { type: 'due' }, { state: 'opening', attemptedAt: NOW }, ['connect']],
  ['is not tried when the wait has been called off', none, { type: 'due' }, none, []],
  [
    'that a document has joined on has got somewhere',
    { ...old, failures: 3, reason: 'unavailable', isForced: true },
    { type: 'joined' },
    { ...old, failures: 0, reason: null, isForced: false },
    ['useful'],
  ],
  ['remembers the last no', old, { type: 'refused', reason: 'rate-limited' }, { ...old, reason: 'rate-limited' }, []],
  [
    'takes a no that it does not know for trouble that passes',
    old,
    { type: 'refused', reason: 'something new' },
    { reason: 'unavailable' },
    [],
  ],
  [
    'knows whether the server can store messages',
    fresh,
    { type: 'storage', isAway: false },
    { isStoreAway: false },
    [],
  ],
  ['that is not open knows nothing of the store', waiting, { type: 'storage', isAway: true }, waiting, []],
  ['ends', waiting, { type: 'close' }, closed, ['end']],
  ['that has ended does nothing any more', closed, { type: 'called' }, closed, []],
];

describe('the one socket', () => {
  for (const [what, from, event, to, effects, circumstances] of ROWS)
    it(`[R11] the socket ${what}`, () => {
      const [next, ...done] = step(from, event, { ...USUAL, ...circumstances });
      expect(next).toMatchObject(to);
      expect(done).toEqual(effects);
    });

  it('[R11] the socket keeps nothing of a state that it has left', () => {
    const states = [none, opening, fresh, waiting];
    const events: SocketEvent[] = [{ type: 'called' }, { type: 'offline' }, { type: 'opened' }, lost, { type: 'due' }];
    const keys = {
      none: ['lostAt'],
      opening: ['lostAt'],
      open: ['at', 'isStoreAway'],
      waiting: ['lost', 'lostAt'],
      closed: [],
    };
    for (const from of states)
      for (const event of events) {
        const [socket] = step(from, event, USUAL);
        expect(Object.keys(socket).sort()).toEqual([...Object.keys(story), 'state', ...keys[socket.state]].sort());
      }
  });

  it('[R11] the socket has been away since the start, or since the last one that was open', () => {
    expect(factsOf(startSocket(NOW - 200), NOW)).toMatchObject({ isSocketOpen: false, withoutSocketMs: 200 });
    expect(factsOf(opening, NOW)).toMatchObject({ withoutSocketMs: 5_000, isStoreAway: false });
    expect(factsOf(fresh, NOW)).toMatchObject({ isSocketOpen: true, withoutSocketMs: 0, isStoreAway: true });
  });
});
