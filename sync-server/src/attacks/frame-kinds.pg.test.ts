/** Every kind of frame that there could be: the known ones pass, the others end their socket, and no library prints a line about any of them. */
import * as encoding from 'lib0/encoding';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { FRAME, SYNC_STEP_1, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { authFrame, encode, frame, statelessFrame, syncFrame } from '../testing/frames.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { bob, eve, openStageServer, Stage, say } from './stage.ts';
import { append } from './updates.ts';

let server: TestServer;
let stage: Stage;

const PRINTERS = ['log', 'info', 'warn', 'error'] as const;
const printed: unknown[][] = [];

beforeAll(async () => {
  server = await openStageServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  printed.length = 0;
  for (const name of PRINTERS) vi.spyOn(console, name).mockImplementation((...values) => void printed.push(values));
  stage = await Stage.open(server);
});
afterEach(() => {
  stage.close();
  vi.restoreAllMocks();
});

const varUint = (value: number) => encode((encoder) => encoding.writeVarUint(encoder, value));
const raw = (type: number, ...rest: number[]) =>
  frame(stage.name, type, (encoder) => encoding.writeUint8Array(encoder, Uint8Array.from(rest)));

it('[R6] frames of every unknown type, and every step that is none, end the socket and print nothing', async () => {
  const bad: readonly (() => Uint8Array)[] = [
    ...[6, 8, 9, 10, 11, 42, 127].map((type) => () => raw(type, 0)),
    () => frame(stage.name, 128),
    () => frame(stage.name, 2 ** 40),
    // The same types in more bytes than they need.
    ...[0, 1, 2, 5].map(
      (type) => () =>
        encode((encoder) => {
          encoding.writeVarString(encoder, stage.name);
          encoding.writeUint8Array(encoder, Uint8Array.of(0x80 | type, 0, 0, 0));
        }),
    ),
    ...[3, 4, 100].map((step) => () => raw(FRAME.sync, step, 0)),
    ...[1, 2, 3].map((kind) => () => raw(FRAME.auth, kind, 0)),
    // Cut off.
    () => raw(FRAME.sync),
    () => raw(FRAME.sync, 0),
    () => raw(FRAME.sync, 2, 100, 1),
    () => raw(FRAME.syncReply, 1, 255),
    () => raw(FRAME.auth, 0, 200),
    () => raw(FRAME.stateless, 90, 1),
    // Not UTF-8.
    () => raw(FRAME.stateless, 2, 0xff, 0xfe),
    () => Uint8Array.of(3, 0xff, 0xfe, 0xfd, 0, 0, 0),
    () => Uint8Array.of(200),
    () => new Uint8Array(0),
    () => varUint(2 ** 50),
  ];
  for (const make of bad) {
    const attacker = await stage.join(bob);
    attacker.send(make());
    await until(() =>
      expect(
        attacker.heard.ends.map(({ code }) => code),
        `${make()}`,
      ).toEqual([4422]),
    );
    attacker.close();
  }
  await stage.assertUnharmed();
  expect(printed).toEqual([]);
});

it('[R6] the known ones pass, whatever they carry, and print nothing', async () => {
  const attacker = await stage.join();
  attacker.send(
    raw(FRAME.queryAwareness),
    raw(FRAME.awareness, 0),
    raw(FRAME.awareness, 3, 9, 9, 9),
    statelessFrame(stage.name, 'no JSON'),
    syncFrame(stage.name, UPDATE, Uint8Array.of(1, 1, 1)),
    syncFrame(stage.name, UPDATE, new Uint8Array(0)),
    syncFrame(stage.name, SYNC_STEP_1, Uint8Array.of(200)),
    syncFrame(stage.name, SYNC_STEP_1, new Uint8Array(0)),
    Uint8Array.of(9),
    Uint8Array.of(10),
  );
  await stage.assertUnharmed();
  attacker.send(syncFrame(stage.name, UPDATE, append(11, [say(eve, 'still here')])));
  await until(() => expect(attacker.heard.statuses.at(-1)).toBe(true));
  expect([attacker.isOpen, attacker.heard.closes, printed]).toEqual([true, [], []]);
});

it("[R6] denials, ended connections and another user's token print nothing", async () => {
  const attacker = await stage.join();
  attacker.send(authFrame(stage.name, 'garbage'));
  attacker.join('constructor', tokenOf(eve));
  attacker.join('nonsense', tokenOf(eve));
  attacker.join(`${stage.tablo}/77`, tokenOf(eve));
  await until(() => expect(attacker.heard.denied).toHaveLength(3));
  // Everything that waits when the connection ends.
  const flood = Array.from({ length: 200 }, (_, nth) =>
    syncFrame(stage.name, UPDATE, append(500 + nth, [say(eve, 'x')])),
  );
  attacker.send(frame(stage.name, FRAME.close), ...flood, statelessFrame(stage.name, '{}'), raw(FRAME.awareness, 0));
  await until(() => expect(attacker.heard.closes).toHaveLength(1));
  const other = await stage.join();
  other.send(authFrame(stage.name, tokenOf(bob)));
  await until(() => expect(other.heard.closes.map(({ reason }) => reason)).toEqual(['unauthenticated']));
  await stage.assertUnharmed();
  expect(printed).toEqual([]);
});

it('[R6] the same on /yjs: what is not of its protocol is nothing there, what is damaged ends the socket', async () => {
  const attacker = await stage.joinYjs();
  attacker.send(...[2, 3, 4, 5, 6, 7, 8, 9, 42].map((type) => Uint8Array.of(type, 0)));
  await stage.assertUnharmed();
  expect(attacker.isOpen).toBe(true);
  attacker.send(Uint8Array.of(0, 9, 0));
  await until(() => expect(attacker.heard.ends.map(({ code }) => code)).toEqual([4422]));
  expect(printed).toEqual([]);
});
