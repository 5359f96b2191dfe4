import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { wsFrame } from '../../../attacks/raw-socket.ts';
import { FrameProgress } from './frame-progress.ts';

const SIZES = [0, 1, 125, 126, 65_535, 65_536, 200_000];
/** A part of a message that is not its last one; `opcode` 0: nor its first. */
function fragment(bytes: number, opcode: number): Buffer {
  const frame = wsFrame(new Uint8Array(bytes), opcode);
  frame[0] = (frame[0] ?? 0) & 0x7f;
  return frame;
}
const ping = wsFrame(new Uint8Array(8), 9);

function openProgress() {
  const socket = new EventEmitter();
  const clock = { now: 0 };
  let seen = { unfinished: 0, total: 0 };
  const progress = new FrameProgress(socket as unknown as Socket, clock, (unfinished, total) => {
    seen = { unfinished, total };
  });
  return {
    clock,
    progress,
    seen: () => seen,
    read: (...chunks: Buffer[]) => socket.emit('data', Buffer.concat(chunks)),
  };
}

it('[R11] FrameProgress counts what is unfinished to the byte after every read, wherever the reads part the frames', () => {
  const frames = SIZES.map((bytes) => wsFrame(new Uint8Array(bytes)));
  const all = Buffer.concat(frames);
  const ends = frames.map((_, nth) => frames.slice(0, nth + 1).reduce((sum, { byteLength }) => sum + byteLength, 0));
  for (const size of [1, 2, 3, 7, 1_000, 65_536, all.byteLength]) {
    const { read, seen } = openProgress();
    for (let at = 0; at < all.byteLength; at += size) {
      read(all.subarray(at, at + size));
      const { unfinished, total } = seen();
      const end = ends.findLast((one) => one <= total) ?? 0;
      // Of each size many reads: an assertion of each would take longer than the reading.
      if (unfinished !== total - end)
        expect({ size, total, unfinished }).toEqual({ size, total, unfinished: total - end });
    }
    expect(seen()).toEqual({ unfinished: 0, total: all.byteLength });
  }
});

it('[R11] a frame that begins behind a whole one, in one read, is counted at once', () => {
  const { read, seen } = openProgress();
  const next = wsFrame(new Uint8Array(1_000)).subarray(0, 500);
  read(wsFrame(new Uint8Array(10)), wsFrame(new Uint8Array(20)), next);
  expect(seen().unfinished).toBe(500);
});

it('[R11] FrameProgress pings between the parts of a message end nothing: all of its parts are counted, and it gets no more time', () => {
  const { clock, progress, read, seen } = openProgress();
  read(fragment(1_000, 2));
  const first = seen().unfinished;
  clock.now = 1_000;
  read(ping, fragment(1_000, 0), ping);
  expect(seen().unfinished).toBe(2 * first);
  clock.now = 4_999;
  expect(progress.isStuck(5_000)).toBe(false);
  clock.now = 60_000;
  read(ping);
  expect(progress.isStuck(5_000)).toBe(true);
  read(wsFrame(new Uint8Array(10), 0));
  expect([seen().unfinished, progress.isStuck(5_000)]).toEqual([0, false]);
});

it('[R7] the time of a frame begins with its first byte, whatever was unfinished in the read before', () => {
  const { clock, progress, read } = openProgress();
  const whole = wsFrame(new Uint8Array(100));
  read(whole.subarray(0, 50));
  clock.now = 100_000;
  read(whole.subarray(50), whole.subarray(0, 50));
  expect(progress.isStuck(5_000)).toBe(false);
  clock.now = 200_000;
  expect(progress.isStuck(5_000)).toBe(true);
});
