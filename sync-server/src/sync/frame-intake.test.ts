import { EventEmitter } from 'node:events';
import * as encoding from 'lib0/encoding';
import { expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { FrameIntake, type IntakeDeps } from './frame-intake.ts';
import type { FramePace } from './frame-pace.ts';
import type { OpenSocket } from './open-socket.ts';
import { FRAME } from './read-frame.ts';
import { Backlog, createSocketState, SocketOwners } from './socket-state.ts';

const frame = encoding.encode((encoder) => {
  encoding.writeVarString(encoder, 'a document');
  encoding.writeVarUint(encoder, FRAME.close);
});

it('[R11] a frame that cannot be handled, at once or when its time has come, reaches no further than its own socket', () => {
  const closed: string[] = [];
  const openSocket = () => {
    const ws = Object.assign(new EventEmitter(), {
      close: (_: number, reason: string) => closed.push(reason),
      terminate() {},
    });
    const state = createSocketState({
      ...{ isBridged: false, address: '', unread: () => 0 },
      ...{ end() {}, stopReading() {}, goOnReading() {} },
    });
    return { ws, open: { ws, state } as unknown as OpenSocket };
  };
  const sockets = [openSocket(), openSocket()] as const;
  const intake = new FrameIntake(
    {
      limits: { settings: { maxPendingBytes: 1e9 }, allows: () => true, take: () => true },
      owners: new SocketOwners(),
      backlog: new Backlog(),
      renew: async () => {},
      log: silentLog,
    } as unknown as IntakeDeps,
    new Set(sockets.map(({ open }) => open)),
    { note() {} } as unknown as FramePace,
  );
  const listen = ({ open }: (typeof sockets)[number]) =>
    intake.listen(
      open,
      () => {
        throw new Error('A fault of ours.');
      },
      (data) => data,
      () => true,
    );
  const [first, second] = sockets;
  listen(first);
  const handleAgain = listen(second);
  first.ws.emit('message', Buffer.from(frame), true);
  expect(closed).toEqual(['invalid-update']);
  handleAgain([frame, frame]);
  expect(closed).toEqual(['invalid-update', 'invalid-update']);
});
