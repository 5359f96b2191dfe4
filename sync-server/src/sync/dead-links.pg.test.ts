/** Links that end without a word, and those that only look as if: silent peers, slow ones, one that is busy with its database. */
import { createMessage } from '@tablo/schema/entry';
import type { UserId } from '@tablo/schema/ids';
import { ANNOUNCED_FRAME_BYTES } from '@tablo/schema/limits';
import { PING, PONG } from '@tablo/schema/wire/ping';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdTablo } from '../attacks/hold.ts';
import { openRawSocket, wsFrame } from '../attacks/raw-socket.ts';
import { RecordingClient } from '../attacks/recording-client.ts';
import { alice, eve, openStageServer, Stage, say } from '../attacks/stage.ts';
import { append } from '../attacks/updates.ts';
import { authFrame, syncFrame } from '../testing/frames.ts';
import { tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { SYNC_STEP_1, UPDATE } from './socket/frames/frame-types.ts';
import { SweepClock } from './socket/sweep-clock.ts';
import type { TestServer } from './test-server.ts';

/** The contract says 6 s; the rest is for a busy machine. */
const NOTICED_MS = 8_000;

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer({ limits: { unauthenticatedMs: 60_000 } });
});
afterAll(() => server.close());
beforeEach(async () => {
  stage = await Stage.open(server);
});
afterEach(() => stage.close());

/** A socket that reads what comes and answers nothing, pings included. */
async function openSilent(path: string): Promise<{ write(bytes: Buffer): void; endedAfterMs: number | null }> {
  const socket = await openRawSocket(server.url + path);
  stage.add({ close: () => socket.destroy() });
  socket.resume();
  let spokeAt = performance.now();
  const silent = {
    endedAfterMs: null as number | null,
    write: (bytes: Buffer) => {
      spokeAt = performance.now();
      socket.write(bytes);
    },
  };
  socket.on('close', () => {
    silent.endedAfterMs = performance.now() - spokeAt;
  });
  return silent;
}

describe('a link that is dead without being closed', () => {
  it('[R11] a link that is dead without being closed is ended within 6 s of its last sign of life, on both paths; who answers pings or sends a frame byte by byte stays', async () => {
    const answering = await stage.join();
    const token = tokenOf(eve);
    const [member, stranger, yjs, slow] = await Promise.all([
      openSilent('/sync'),
      openSilent('/sync'),
      openSilent(`/yjs/${stage.tablo}?token=${token}`),
      openSilent('/sync'),
    ]);
    member.write(wsFrame(authFrame(stage.name, token)));
    const upload = wsFrame(authFrame(stage.name, token));
    let sent = 0;
    const dripping = setInterval(() => {
      if (sent < upload.byteLength) slow.write(upload.subarray(sent, sent + 1));
      sent += 1;
    }, 700);
    const silent = [member, stranger, yjs];
    try {
      await until(() => expect(silent.every(({ endedAfterMs }) => endedAfterMs !== null)).toBe(true), 12_000);
      const seen = sent;
      await until(() => expect(sent).toBeGreaterThan(seen + 5), 15_000);
    } finally {
      clearInterval(dripping);
    }
    for (const { endedAfterMs } of silent) {
      expect(endedAfterMs).toBeLessThan(NOTICED_MS);
      expect(endedAfterMs).toBeGreaterThan(4_000);
    }
    expect(slow.endedAfterMs).toBeNull();
    expect(answering.isOpen).toBe(true);
    await until(() => expect(slow.endedAfterMs).not.toBeNull(), 12_000);
    expect(slow.endedAfterMs).toBeLessThan(NOTICED_MS);
  });

  it('[R6] a link that is dead without being closed leaves the tablo for the others to see, and its place to its user', async () => {
    const member = await openSilent('/sync');
    const before = server.sync.countConnections();
    member.write(wsFrame(authFrame(stage.name, tokenOf(eve))));
    await until(() => expect(server.sync.countConnections()).toBe(before + 1));
    await until(() => expect(server.sync.countConnections()).toBe(before), 12_000);
  });
});

describe("a client's question for a sign of life", () => {
  it('[R11] a client’s question for a sign of life is answered while the tablo waits for its database', async () => {
    const client = await stage.join();
    await holdTablo(server, stage.tablo, async (untilCommitWaits) => {
      client.send(syncFrame(stage.name, UPDATE, append(11, [say(eve, 'waits')])));
      await untilCommitWaits();
      client.send(Uint8Array.of(PING));
      await until(() => expect(client.heard.pings).toBe(1));
      expect(client.heard.statuses).toEqual([]);
    });
    await until(() => expect(client.heard.statuses).toEqual([true]));
  });

  it('[R6] is answered before anybody has signed in, and its answer ends it', async () => {
    const client = stage.add(await RecordingClient.open(`${server.url}/sync`));
    client.send(Uint8Array.of(PING));
    await until(() => expect(client.heard.pings).toBe(1));
    client.send(Uint8Array.of(PONG));
    client.join(stage.name, tokenOf(eve));
    await until(() => expect(client.heard.answers.length).toBe(1));
    expect(client.heard.pings).toBe(1);
  });

  it('[R6] a client’s question for a sign of life is not answered more often than an honest client asks', async () => {
    const client = await stage.join();
    const before = performance.now();
    for (let nth = 0; nth < 5_000; nth += 1) client.send(Uint8Array.of(PING));
    client.send(syncFrame(stage.name, SYNC_STEP_1, Uint8Array.of(0)));
    await until(() => expect(client.heard.answers.length).toBe(2));
    expect(client.heard.pings).toBeLessThanOrEqual(1 + (performance.now() - before) / 200);
    expect(client.isOpen).toBe(true);
    await stage.assertUnharmed();
  });

  it('[R6] of a stranger counts as what strangers may send', async () => {
    const client = stage.add(await RecordingClient.open(`${server.url}/sync`));
    for (let nth = 0; nth < 2_000; nth += 1) client.send(Uint8Array.of(PING));
    await until(() => expect(client.heard.ends).toEqual([{ code: 4529, reason: 'rate-limited' }]));
  });

  it.each([0, 1, 8, 11, 255])(
    '[R6] a client’s question for a sign of life is no other byte than its own: %i ends the socket',
    async (byte) => {
      const client = await stage.join();
      client.send(Uint8Array.of(byte), Uint8Array.of(PING));
      await until(() => expect(client.heard.ends).toEqual([{ code: 4422, reason: 'invalid-update' }]));
      expect(client.heard.pings).toBe(0);
    },
  );
});

describe('a large frame', () => {
  const texts = Array.from({ length: 10 }, (_, nth) => 'x'.repeat(7_000) + nth);

  it('[R9] a large frame is announced on /sync just before it comes, and not on /yjs', async () => {
    const writer = await stage.join();
    const update = append(
      11,
      texts.map((text) => createMessage({ author: eve as UserId, sentAt: Date.now() }, text)),
    );
    writer.send(syncFrame(stage.name, UPDATE, update));
    await until(() => expect(writer.heard.statuses).toEqual([true]));
    const reader = stage.add(await RecordingClient.open(`${server.url}/sync`));
    const order: string[] = [];
    const frames: number[] = [];
    reader.socket.on('message', (data: Buffer) => {
      order.push(
        data.includes('{"type":"coming"') ? 'coming' : data.byteLength >= ANNOUNCED_FRAME_BYTES ? 'large' : '',
      );
      frames.push(data.byteLength);
    });
    reader.join(stage.name, tokenOf(alice));
    await until(() => expect(reader.heard.answers.length).toBe(1));
    expect(order.filter((what) => what !== '')).toEqual(['coming', 'large']);
    expect(order.indexOf('large')).toBe(order.indexOf('coming') + 1);
    const bytes = frames[order.indexOf('large')];
    expect(reader.heard.stateless).toContainEqual({ type: 'coming', bytes });
    const bare = await stage.joinYjs();
    await until(() => expect(bare.heard.bytes).toBeGreaterThan(ANNOUNCED_FRAME_BYTES));
    expect(bare.heard.stateless).toEqual([]);
    await stage.assertUnharmed();
  });
});

describe("the sweep's clock", () => {
  it('[R11] the sweep’s clock counts what the process did not live through as one step', () => {
    let at = 1_000;
    const clock = new SweepClock(400, () => at);
    for (const to of [1_200, 1_500, 61_500, 61_700]) {
      at = to;
      clock.advance();
    }
    expect(clock.now).toBe(200 + 300 + 400 + 200);
  });
});
