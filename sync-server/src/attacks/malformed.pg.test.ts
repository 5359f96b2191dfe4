/** Frames that are none: on `/sync` and below it. The sender may lose the socket or the document; nobody else notices. */
import * as encoding from 'lib0/encoding';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FRAME, SYNC_STEP_2, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { awarenessFrame, encode, frame, statelessFrame, syncFrame } from '../testing/frames.ts';
import { until } from '../testing/wait.ts';
import { openRawSocket, wsFrame } from './raw-socket.ts';
import { alice, eve, openStageServer, Stage, say } from './stage.ts';
import { append } from './updates.ts';

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  stage = await Stage.open(server);
});
afterEach(() => {
  stage.close();
  vi.restoreAllMocks();
});

describe('[R6] every frame cut short at every byte', () => {
  it.each([
    ['an Update', (name: string) => syncFrame(name, UPDATE, append(11, [say(eve, 'x')]))],
    ['presence', (name: string) => awarenessFrame(name, [{ client: 5, json: '{"typing":true}' }])],
    ['a question', (name: string) => statelessFrame(name, '{"type":"check","ids":[]}')],
  ])('[R6] %s', async (_title, make) => {
    const bytes = make(stage.name);
    for (let length = stage.name.length + 1; length < bytes.length; length += 7) {
      const attacker = await stage.join();
      attacker.send(bytes.slice(0, length));
      attacker.close();
    }
    await stage.assertUnharmed();
    expect(await stage.countRows()).toBe(0);
  });
});

it.each([0, 1, 2, 3, 4, 5])('[R8] a SyncStep2 of %i bytes is refused, and the connection lives on', async (length) => {
  const attacker = await stage.join();
  const bytes = new Uint8Array(length).fill(5);
  await stage.assertRefused(attacker, 'invalid-update', bytes, SYNC_STEP_2);
  await stage.assertUnharmed();
});

it('[R6] unknown message types, sync types and an empty frame harm nobody', async () => {
  for (const bytes of [
    ...[9, 10, 11, 99, 2 ** 40].map((type) => frame(stage.name, type)),
    ...[3, 4, 77].map((step) => syncFrame(stage.name, step, append(11, [say(alice, 'forged')]))),
    new Uint8Array(0),
    Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 255),
  ]) {
    const attacker = await stage.join();
    attacker.send(bytes);
  }
  await stage.assertUnharmed();
});

it('[R4] a step written in two bytes is either admitted or refused, not both', async () => {
  const attacker = await stage.join();
  const update = append(11, [say(eve, 'in two bytes')]);
  const twoBytes = frame(stage.name, FRAME.sync, (encoder) => {
    encoding.writeUint8Array(encoder, Uint8Array.of(0x80 | SYNC_STEP_2, 0));
    encoding.writeVarUint8Array(encoder, update);
  });
  attacker.send(twoBytes, syncFrame(stage.name, UPDATE, append(12, [say(eve, 'in one')])));
  await until(() =>
    expect(attacker.heard.statuses.length === 2 || attacker.heard.closes.length + attacker.heard.ends.length > 0).toBe(
      true,
    ),
  );
  await stage.assertUnharmed();
  expect(await stage.countRows()).toBe(attacker.heard.statuses.filter(Boolean).length);
});

it("[R6] a client's BroadcastStateless reaches nobody", async () => {
  const attacker = await stage.join();
  attacker.send(
    frame(stage.name, FRAME.broadcastStateless, (encoder) =>
      encoding.writeVarString(encoder, '{"type":"read","seq":4711}'),
    ),
  );
  await stage.assertUnharmed();
  expect(stage.bob.heard).not.toContainEqual({ type: 'read', seq: 4711 });
});

it('[R6] what the server alone says ends the socket of who says it', async () => {
  const attacker = await stage.join();
  attacker.send(frame(stage.name, FRAME.syncStatus, (encoder) => encoding.writeVarUint(encoder, 1)));
  await until(() => expect(attacker.heard.ends.map(({ code }) => code)).toEqual([4422]));
  await stage.assertUnharmed();
});

it('[R6] a text frame ends that socket only', async () => {
  const attacker = await stage.join();
  attacker.socket.send('{"hello":"world"}');
  await until(() => expect(attacker.heard.ends).toEqual([{ code: 4422, reason: 'invalid-update' }]));
  await stage.assertUnharmed();
});

it('[R6] after its farewell a socket is not listened to any more', async () => {
  const attacker = await stage.join();
  attacker.socket.send('a text frame');
  attacker.send(syncFrame(stage.name, UPDATE, append(11, [say(eve, 'after the farewell')])));
  await until(() => expect(attacker.heard.ends.length).toBe(1));
  await stage.assertUnharmed();
  expect(await stage.countRows()).toBe(0);
});

it('[R6] a frame above the limit ends that socket only, with 1009', async () => {
  const attacker = await stage.join();
  attacker.send(new Uint8Array(8 * 1024 * 1024 + 1));
  await until(() => expect(attacker.heard.ends.map(({ code }) => code)).toEqual([1009]));
  await stage.assertUnharmed();
});

it('[R6] broken WebSocket frames end that socket only', async () => {
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(64, 255),
    wsFrame(
      encode(() => {}),
      11,
    ),
    Buffer.from([0x82, 0x05, 1, 2, 3, 4, 5]),
    wsFrame(new Uint8Array(126), 9),
  ]) {
    const socket = await openRawSocket(`${server.url}/sync`);
    stage.add({ close: () => socket.destroy() });
    socket.resume();
    socket.write(bytes);
  }
  await stage.assertUnharmed();
});

it('[R6] sockets that break off in the middle of a frame harm nobody', async () => {
  for (let nth = 0; nth < 20; nth += 1) {
    const socket = await openRawSocket(`${server.url}/sync`);
    const bytes = wsFrame(syncFrame(stage.name, UPDATE, append(11, [say(eve, 'x'.repeat(500))])));
    socket.write(bytes.subarray(0, 1 + nth * 20));
    if (nth % 2 === 0) socket.destroy();
    else stage.add({ close: () => socket.resetAndDestroy() });
  }
  await stage.assertUnharmed();
});

it('[R6] upgrades that are none of ours are turned away', async () => {
  for (const path of ['/', '/sync/', '/yjs', '/SYNC', '//sync', '/sync%00'])
    await expect(openRawSocket(`${server.url}${path}`), path).rejects.toThrow();
  await stage.assertUnharmed();
});

it('[R6] no name, content or token of a client gets into the logs', async () => {
  const lines: string[] = [];
  for (const method of ['error', 'warn', 'log'] as const)
    vi.spyOn(console, method).mockImplementation(
      (...args: unknown[]) =>
        void lines.push(args.map((arg) => (arg instanceof Error ? arg.stack : JSON.stringify(arg))).join(' ')),
    );
  const secret = 'PRIVATE-WORDS';
  const attacker = await stage.join();
  attacker.send(awarenessFrame(stage.name, [{ client: 5, json: `${secret} is no JSON` }]));
  const other = await stage.join();
  other.send(...Array.from({ length: 2_100 }, (_, nth) => syncFrame(`${secret}-${nth}`, UPDATE, append(11, []))));
  await stage.assertUnharmed();
  expect(lines.filter((line) => line.includes(secret))).toEqual([]);
});
