import type { UserId } from '@tablo/schema/ids';
import * as encoding from 'lib0/encoding';
import { expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { Limits } from '../../../access/limits/limits.ts';
import { silentLog } from '../../../base/log.ts';
import { defaultLimitSettings } from '../../../rest/testing/test-rest.ts';
import type { OpenSocket } from '../open-socket.ts';
import { Backlog, createSocketState, SocketOwners } from '../socket-state.ts';
import { FrameIntake } from './frame-intake.ts';
import { FramePace } from './frame-pace.ts';
import { FRAME } from './frame-types.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const NAME = '0197aaaa-0000-7000-8000-000000000001/1';

/** `forward`: what Hocuspocus would do with a frame. */
function open(forward: (frame: Uint8Array) => void) {
  const closed: string[] = [];
  const ws = { on() {}, close: (_: number, reason: string) => closed.push(reason) } as unknown as WebSocket;
  const state = createSocketState({
    isBridged: false,
    address: '',
    unread: () => 0,
    end() {},
    stopReading() {},
    goOnReading() {},
  });
  const limits = new Limits({ ...defaultLimitSettings(), unhandledBytes: 10_000 });
  const [owners, backlog] = [new SocketOwners(), new Backlog()];
  owners.bind(state, alice);
  const socket = { ws, state } as unknown as OpenSocket;
  const renew = () => Promise.resolve();
  const deps = { limits, owners, backlog, renew, log: silentLog };
  const intake = new FrameIntake(deps, new Set([socket]), new FramePace(limits, owners));
  const handleAgain = intake.listen(
    socket,
    forward,
    (data) => data,
    () => true,
  );
  return { closed, handleAgain };
}

function stateless(content: string): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, NAME);
  encoding.writeVarUint(encoder, FRAME.stateless);
  encoding.writeVarString(encoder, content);
  return encoding.toUint8Array(encoder);
}

it('[R11] a frame that was held back and cannot be handled ends its own socket, and nothing beyond that', () => {
  const forward = vi.fn(() => {
    throw new Error('a bug');
  });
  const { closed, handleAgain } = open(forward);
  expect(() => handleAgain([stateless('one'), stateless('two')])).not.toThrow();
  expect(closed).toEqual(['invalid-update']);
  expect(forward).toHaveBeenCalledOnce();
});

it('[R11] frames that were held back count as waiting, like those that come now', () => {
  const forward = vi.fn();
  const { closed, handleAgain } = open(forward);
  handleAgain(Array.from({ length: 5 }, () => stateless('x'.repeat(2_000))));
  expect(closed).toEqual(['rate-limited']);
  expect(forward).toHaveBeenCalledTimes(3);
});
