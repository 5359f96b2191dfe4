import type { UserId } from '@tablo/schema/ids';
import { expect, it } from 'vitest';
import { createSocketState, SocketOwners, type SocketState } from '../socket-state.ts';
import { FramePace } from './frame-pace.ts';

const [alice, eve] = ['alice', 'eve'] as unknown as [UserId, UserId];

/** Each user may send so many frames; then they owe, until they are forgiven. */
function openPace(frames: number) {
  const owners = new SocketOwners();
  const sent = new Map<string, number>();
  const bitten: string[] = [];
  const pace = new FramePace(
    {
      charge: (_, key, cost) => void sent.set(key, (sent.get(key) ?? 0) + cost),
      isSolvent: (_, key) => (sent.get(key) ?? 0) <= frames,
      exceeded: (limit) => {
        bitten.push(limit);
        return false;
      },
    },
    owners,
  );
  const paused = new Set<SocketState>();
  const open = (user: UserId | null): SocketState => {
    const socket: SocketState = createSocketState({
      isBridged: false,
      address: '',
      unread: () => 0,
      end() {},
      stopReading: () => void paused.add(socket),
      goOnReading: () => void paused.delete(socket),
    });
    if (user !== null) owners.bind(socket, user);
    return socket;
  };
  return { pace, paused, open, bitten, forgive: (user: UserId) => void sent.delete(user) };
}

const send = (pace: FramePace, socket: SocketState, frames: number): void => {
  for (let nth = 0; nth < frames; nth += 1) pace.note(socket);
};

it('[R11] a user who sends more frames than the rate is read no more, on no socket of theirs, and nobody else notices', () => {
  const { pace, paused, open, bitten } = openPace(10);
  const [first, second, others] = [open(eve), open(eve), open(alice)];
  send(pace, first, 10);
  send(pace, others, 10);
  expect(paused).toEqual(new Set());
  // The rest of what was read at once, as well.
  send(pace, first, 100);
  expect(paused).toEqual(new Set([first, second]));
  expect(bitten).toEqual(['frames']);
});

it('[R11] a user who owes nothing any more is read again, one socket a sweep, and who had too much last', () => {
  const { pace, paused, open, forgive } = openPace(10);
  const [first, second, third] = [open(eve), open(eve), open(eve)];
  send(pace, first, 11);
  pace.resume();
  expect(paused).toEqual(new Set([first, second, third]));
  forgive(eve);
  pace.resume();
  expect(paused).toEqual(new Set([first, third]));
  third.isEnded = true;
  pace.resume();
  expect(paused.has(first)).toBe(false);
  send(pace, first, 11);
  expect(paused.has(second)).toBe(true);
});

it('[R11] a socket that nobody signed in on has no rate', () => {
  const { pace, paused, open } = openPace(10);
  send(pace, open(null), 1_000);
  expect(paused).toEqual(new Set());
});

it('[R11] a bad token on a socket that is read no more does not have it read again', () => {
  const { pace, paused, open, forgive } = openPace(10);
  const socket = open(eve);
  send(pace, socket, 11);
  socket.pause('token');
  socket.resume('token');
  expect(paused).toEqual(new Set([socket]));
  // The other way round: who owes nothing any more is not read before it is known who this is.
  socket.pause('token');
  forgive(eve);
  pace.resume();
  expect(paused).toEqual(new Set([socket]));
  socket.resume('token');
  expect(paused).toEqual(new Set());
});
