/**
 * The one socket that all documents share, as a value: whether there is one, what became of those before it, and what is to be done next. Pure: `step` alone decides, and
 * `connection.ts` does what it says. Times are those of `performance.now`: the wall clock jumps.
 *
 * Invariants
 * 1. What is true of an open socket alone is part of that state, so it is forgotten with the socket.
 * 2. In `none` only an event from outside begins an attempt; in `opening` and `waiting` a timer is set that ends it.
 */
import { isReasonCode, REASONS, type ReasonCode } from '@tablo/schema/close-codes';
import type { ConnectionFacts } from './connection-state.ts';
import type { LostSocket } from './reconnection.ts';

/** What is known in every state. */
interface Story {
  /** Which socket this is, or was: counts openings. */
  readonly generation: number;
  /** When the last attempt began. */
  readonly attemptedAt: number;
  /** Sockets that ended or failed since the last one that got anywhere. */
  readonly failures: number;
  /** The last no of the server, if nothing has gone well since. */
  readonly reason: ReasonCode | null;
  /** Somebody asked for a socket: also against the device's word that there is no network. It can be wrong. */
  readonly isForced: boolean;
}

interface Without extends Story {
  /** Since then no socket has been open. */
  readonly lostAt: number;
}

export type Socket =
  /** There is none, and none is sought: there is no network, or nobody is signed in. */
  | (Without & { readonly state: 'none' })
  | (Without & { readonly state: 'opening' })
  | (Story & { readonly state: 'open'; readonly at: number; readonly isStoreAway: boolean })
  /** For the moment of the next attempt. */
  | (Without & { readonly state: 'waiting'; readonly lost: LostSocket })
  | { readonly state: 'closed' };

type Live = Exclude<Socket, { state: 'closed' }>;
type Away = Exclude<Live, { state: 'open' }>;

export type SocketEvent =
  /** The page is in use: from now on, or again, after a sleep perhaps. */
  | { readonly type: 'woken' }
  /** Somebody wants a socket now, or the device says that the network is back. */
  | { readonly type: 'called' }
  /** The device says that there is no network. */
  | { readonly type: 'offline' }
  | { readonly type: 'signed-out' }
  | { readonly type: 'opened' }
  | { readonly type: 'lost'; readonly code: number }
  /** An attempt failed before there was a socket to be lost: a policy of the page, a bad address. */
  | { readonly type: 'failed' }
  /** The wait for the next attempt is over. */
  | { readonly type: 'due' }
  /** A document has joined. */
  | { readonly type: 'joined' }
  /** The server said no, in its words. */
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'storage'; readonly isAway: boolean }
  | { readonly type: 'close' };

export type SocketEffect =
  /** Begin an attempt; one that is under way is replaced, since it may be one from before a sleep. */
  | 'connect'
  /** The next waits are counted from the shortest one again. */
  | 'hurry'
  /** Begin the wait for the next attempt. */
  | 'wait'
  /** Give up the socket, or the attempt. */
  | 'leave'
  /** A socket is there: watch whether it lives. */
  | 'watch'
  /** Ask the open socket for a sign of life. */
  | 'probe'
  /** Documents are not joined any more. */
  | 'tell-lost'
  /** Documents that wait for something join now. */
  | 'retry'
  /** Sockets get through, or this one did not: what stands in the way of them is judged by it. */
  | 'useful'
  | 'useless'
  | 'end';

/** What is so at the moment of an event. */
export interface Circumstances {
  readonly now: number;
  /** By the device's word. */
  readonly hasNetwork: boolean;
  /** There is no document that could join. */
  readonly isIdle: boolean;
}

/** The next state, and what is to be done, in this order. */
type Step = readonly [socket: Socket, ...effects: SocketEffect[]];

/** An event within this many ms of the last attempt tells of the same wake. */
const SAME_WAKE_MS = 1_000;
/** A socket that ended sooner, with nothing joined on it, was of no use. */
const OF_USE_MS = 1_000;

export const startSocket = (now: number): Socket & { readonly state: 'none' } => ({
  ...{ state: 'none', lostAt: now, attemptedAt: Number.NEGATIVE_INFINITY },
  ...{ generation: 0, failures: 0, reason: null, isForced: false },
});

export function step(socket: Socket, event: SocketEvent, { now, hasNetwork, isIdle }: Circumstances): Step {
  if (socket.state === 'closed') return [socket];
  switch (event.type) {
    case 'woken':
      if (socket.state === 'open') return [socket, 'probe'];
      return now - socket.attemptedAt < SAME_WAKE_MS ? [socket] : seek(socket, hasNetwork, now);
    case 'called': {
      const called = { ...socket, reason: null, isForced: true };
      return called.state === 'open' ? [called, 'probe', 'retry'] : [...seek(called, true, now), 'retry'];
    }
    case 'offline':
      return leave({ ...socket, isForced: false }, now);
    case 'signed-out':
      return leave({ ...socket, reason: 'unauthenticated' }, now);
    case 'opened': {
      const { generation, failures, ...story } = storyOf(socket);
      const counts = { generation: generation + 1, failures: isIdle ? 0 : failures };
      return [{ ...story, ...counts, state: 'open', at: now, isStoreAway: false }, 'watch'];
    }
    case 'lost': {
      // One that we gave up ourselves: that has been told.
      if (socket.state !== 'open' && socket.state !== 'opening') return [socket];
      const { reason } = socket;
      const openMs = openMsOf(socket, now);
      const isRestart = event.code === REASONS['shutting-down'].close || reason === 'shutting-down';
      // What the server has said, it says itself.
      const use: SocketEffect[] = openMs >= OF_USE_MS ? ['useful'] : reason === null ? ['useless'] : [];
      return [{ ...without(socket, now), state: 'waiting', lost: { openMs, isRestart } }, ...use, 'wait', 'tell-lost'];
    }
    case 'failed':
      if (socket.state !== 'opening') return [socket];
      return [{ ...socket, state: 'waiting', lost: { openMs: 0, isRestart: false } }, 'wait'];
    case 'due':
      return socket.state === 'waiting' ? attempt(socket, now) : [socket];
    case 'joined':
      return [{ ...socket, failures: 0, reason: null, isForced: false }, 'useful'];
    case 'refused':
      return [{ ...socket, reason: isReasonCode(event.reason) ? event.reason : 'unavailable' }];
    case 'storage':
      return [socket.state === 'open' ? { ...socket, isStoreAway: event.isAway } : socket];
    case 'close':
      return [{ state: 'closed' }, 'end'];
  }
}

/** What people are told depends on this of it. */
export function factsOf(
  socket: Live,
  now: number,
): Pick<ConnectionFacts, 'isSocketOpen' | 'failures' | 'withoutSocketMs' | 'reason' | 'isStoreAway'> {
  const { failures, reason } = socket;
  return socket.state === 'open'
    ? { isSocketOpen: true, failures, withoutSocketMs: 0, reason, isStoreAway: socket.isStoreAway }
    : { isSocketOpen: false, failures, withoutSocketMs: now - socket.lostAt, reason, isStoreAway: false };
}

function seek(socket: Away, hasNetwork: boolean, now: number): Step {
  if (!hasNetwork && !socket.isForced) return [socket, 'hurry'];
  const [next, ...effects] = attempt(socket, now);
  return [next, 'hurry', ...effects];
}

function attempt(socket: Away, now: number): Step {
  return [{ ...storyOf(socket), state: 'opening', lostAt: socket.lostAt, attemptedAt: now }, 'connect'];
}

/** Networks go without closing sockets: what is on them is not delivered, so it must not look so. No other one is sought. */
function leave(socket: Live, now: number): Step {
  const use: SocketEffect[] = openMsOf(socket, now) >= OF_USE_MS ? ['useful'] : [];
  return [{ ...without(socket, now), state: 'none' }, ...use, 'tell-lost', 'leave'];
}

/** It is gone. */
function without(socket: Live, now: number): Without {
  const story = storyOf(socket);
  return { ...story, failures: story.failures + 1, lostAt: socket.state === 'open' ? now : socket.lostAt };
}

const openMsOf = (socket: Live, now: number): number => (socket.state === 'open' ? now - socket.at : 0);

const storyOf = ({ generation, attemptedAt, failures, reason, isForced }: Live): Story => ({
  ...{ generation, attemptedAt, failures, reason, isForced },
});
