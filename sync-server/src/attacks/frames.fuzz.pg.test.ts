/**
 * Mutations of recorded traffic, and noise, from seeded generators: 5,000 frames, or as many as FUZZ_FRAMES says. Whatever they are: the server lives, honest members'
 * messages stay whole and deliver within 2 seconds, nothing stands in their names, and document and rows agree.
 */
import { createReaction } from '@tablo/schema/entry';
import { Random } from '@tablo/schema/testing/random';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FRAME, SYNC_STEP_1, SYNC_STEP_2, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { awarenessFrame, frame, statelessFrame, syncFrame } from '../testing/frames.ts';
import { until } from '../testing/wait.ts';
import { mutate, noise } from './mutate.ts';
import type { RecordingClient } from './recording-client.ts';
import { eve, openStageServer, Stage, say } from './stage.ts';
import { append } from './updates.ts';

const FRAMES = Number(process.env['FUZZ_FRAMES'] ?? 5_000);
const SEEDS = [1, 2, 3, 4, 5];
/** Frames between two checks. */
const ROUND = 250;

let server: TestServer;

beforeAll(async () => {
  // Limits are other tests': here every frame shall get as far as it can.
  const plenty = 1_000_000;
  server = await openStageServer({
    limits: {
      entriesPerSecond: plenty,
      entriesBurst: plenty,
      awarenessPerSecond: plenty,
      joinsPerSecond: 100_000,
      joinsBurst: plenty,
      framesPerSecond: plenty,
      questionsPerSecond: plenty,
    },
  });
  // Hocuspocus writes a stack for every frame that it cannot read.
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterAll(async () => {
  vi.restoreAllMocks();
  await server.close();
});

/** What an honest client of Eve's sends: the seeds of all mutations. */
function recordTraffic(name: string | null, random: Random): readonly Uint8Array[] {
  const client = 1 + random.below(2 ** 31);
  const message = say(eve, 'of the fuzzer');
  const update = append(client, [message, createReaction({ author: eve, sentAt: Date.now() }, message.id, '👍', true)]);
  const frames = [
    syncFrame(name, SYNC_STEP_1, Uint8Array.of(0)),
    syncFrame(name, SYNC_STEP_1, Uint8Array.of(1, 9, 3)),
    syncFrame(name, SYNC_STEP_2, update),
    syncFrame(name, SYNC_STEP_2, Uint8Array.of(0, 0)),
    syncFrame(name, UPDATE, update),
    syncFrame(name, UPDATE, append(client + 1, [say(eve, 'another')], random.below(2))),
    awarenessFrame(name, [{ client, json: '{"user":{"id":"x","name":"y"},"typing":true}' }]),
    awarenessFrame(name, [{ client, clock: 2, json: 'null' }]),
  ];
  if (name === null) return frames;
  return [
    ...frames,
    statelessFrame(name, JSON.stringify({ type: 'check', ids: [message.id] })),
    frame(name, FRAME.queryAwareness),
    frame(name, FRAME.close),
  ];
}

describe.each(['/sync', '/yjs'] as const)('%s', (path) => {
  it.each(SEEDS)('[R2] [R3] [R6] damaged frames harm nobody, seed %i', { timeout: 600_000 }, async (seed) => {
    const random = new Random(seed * 7_919 + path.length);
    const stage = await Stage.open(server);
    const join = (): Promise<RecordingClient> => (path === '/sync' ? stage.join(eve) : stage.joinYjs(eve));
    const name = path === '/sync' ? stage.name : null;
    try {
      let attacker = await join();
      for (let sent = 0; sent < FRAMES / SEEDS.length / 2; sent += 1) {
        const traffic = recordTraffic(name, random);
        attacker.send(
          random.chance(0.1) ? noise(random, random.below(80)) : mutate(random.pick(traffic), random, traffic),
        );
        if (sent % 5 === 0) await new Promise((resolve) => setImmediate(resolve)); // The server's turn: it is the same process.
        if (!attacker.isOpen || attacker.heard.closes.length > 0) {
          attacker.close();
          attacker = await join();
        }
        if (sent % ROUND === ROUND - 1) await stage.assertUnharmed();
      }
      await stage.assertUnharmed();
      await assertAgreement(stage);
    } catch (error) {
      throw new Error(`seed ${seed} on ${path}`, { cause: error });
    } finally {
      stage.close();
    }
  });
});

/** The document's messages are the rows', whoever wrote them. */
async function assertAgreement(stage: Stage): Promise<void> {
  const reader = await stage.join();
  const entries = reader.doc.getArray<{ kind?: string; id?: string }>('messages').toArray();
  const inDocument = [...new Set(entries.filter(({ kind }) => kind === 'message').map(({ id }) => id))].sort();
  await until(() => expect(server.sync.ledger.queued).toBe(0));
  const { rows } = await server.pool.query('SELECT id FROM messages WHERE channel_id = $1 ORDER BY id', [stage.tablo]);
  expect(inDocument).toEqual(rows.map(({ id }) => id));
}
