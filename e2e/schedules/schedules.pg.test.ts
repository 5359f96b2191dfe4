// Model-based schedules on the real clients and the real server: nothing lost, doubled, misplaced or miscounted, whatever happens in between.
// SCHEDULES=10000 (from FIRST_SEED) for a soak, SCHEDULE_SEED=<n> for one seed, SHRINK=1 to make failing ones smaller.

import { DEFAULT_TIMING } from '@tablo/client/chat/base/timing';
import { RoomDocument } from '@tablo/client/chat/replica/room-document';
import type { OutboxRecord } from '@tablo/client/chat/store/local-store';
import { MemoryStore } from '@tablo/client/chat/store/memory-store';
import { createMessage } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { ViolationKind } from './compare.ts';
import { createSchedule, type Schedule } from './operation.ts';
import { REGRESSIONS } from './regressions.ts';
import { describeOutcome, type Outcome, type RunOptions, runSchedule } from './run-schedule.ts';
import { openScheduleStage, type ScheduleStage } from './schedule-stage.ts';
import { shrink, soak } from './soak.ts';

const { SCHEDULES, FIRST_SEED, SCHEDULE_SEED, SHRINK, AT_ONCE } = process.env;
const COUNT = Number(SCHEDULES ?? 200);
const IS_SOAK = SCHEDULES !== undefined;

let stage: ScheduleStage;
beforeAll(async () => {
  stage = await openScheduleStage();
});
afterAll(() => stage.close());

if (SCHEDULE_SEED === undefined)
  describe('many schedules', () => {
    it(
      '[R1, R4, R5, R7, R8, R10] many schedules end with the same timeline on every screen and in SQL, every entry once, every count exact',
      async () => {
        const failures: Outcome[] = [];
        const figures = await soak(stage, {
          firstSeed: Number(FIRST_SEED ?? 1),
          count: COUNT,
          atOnce: Number(AT_ONCE ?? 12),
          onFailure: (outcome) => {
            failures.push(outcome);
            console.log(describeOutcome(outcome));
          },
        });
        console.log('schedules:', JSON.stringify(figures));
        for (const failure of SHRINK ? failures.slice(0, 3) : [])
          console.log('shrunk:', describeOutcome(await shrink(stage, failure)));
        expect(failures.map(({ schedule }) => schedule.seed)).toEqual([]);
        expect(figures).toMatchObject({ schedules: COUNT, drifts: 0 });
      },
      IS_SOAK ? 24 * 3600_000 : 900_000,
    );
  });

describe.skipIf(IS_SOAK || SCHEDULE_SEED !== undefined)('what schedules have found', () => {
  it.each(Object.entries(REGRESSIONS))('the schedule that found “%s” holds', async (_name, schedule) => {
    const outcome = await runSchedule(stage, schedule, { deadlineMs: 8_000 });
    expect(outcome.violations, describeOutcome(outcome)).toEqual([]);
  });
});

describe.skipIf(IS_SOAK || SCHEDULE_SEED !== undefined)('a document', () => {
  it('[R1] a document does not store what was pushed while the server’s content came in, before it is durable', async () => {
    const store = new MemoryStore();
    const name = 'aaaaaaaa-0000-4000-8000-000000000001/1';
    const author = '00000000-0000-4000-8000-0000000000a1' as UserId;
    const theirs = createMessage({ author, sentAt: 1 }, 'theirs');
    const own = createMessage({ author, sentAt: 2 }, 'own');
    const open = (entries: () => void) =>
      RoomDocument.open({
        name,
        store,
        timing: DEFAULT_TIMING,
        isFirstTab: () => true,
        listener: { entries, erased: () => {}, gap: () => {} },
      });
    const document: RoomDocument = await open(() => document.push([own]));
    const server = new Y.Doc();
    server.getArray('messages').push([theirs]);
    Y.applyUpdate(document.doc, Y.encodeStateAsUpdate(server), 'server');
    await document.save();
    const reopened = await open(() => {});
    expect([document.has(own.id), reopened.has(theirs.id), reopened.has(own.id)]).toEqual([true, true, false]);
  });
});

describe.skipIf(IS_SOAK || SCHEDULE_SEED !== undefined)('the harness notices', () => {
  const quiet: Schedule = {
    seed: 1,
    devices: [
      { user: 0, tabs: 1 },
      { user: 1, tabs: 1 },
    ],
    operations: [
      ...Array.from(
        { length: 3 },
        () => ({ type: 'send', device: 0, tab: 0, count: 1, replyTo: null, pauseMs: 50 }) as const,
      ),
      { type: 'react', device: 1, tab: 0, nth: 0, emoji: '👍', on: true, pauseMs: 100 },
    ],
  };
  /** Waits until the harness says at least these: on a slow machine, what is on its way is said first. */
  const notices = async (expected: readonly ViolationKind[], options: RunOptions, schedule = quiet) => {
    const awaits = (kinds: ReadonlySet<ViolationKind>) => expected.every((kind) => kinds.has(kind));
    const outcome = await runSchedule(stage, schedule, { awaits, ...options });
    const kinds = new Set(outcome.violations.map(({ kind }) => kind));
    expect([...kinds], describeOutcome(outcome)).toEqual(expect.arrayContaining([...expected]));
    return kinds;
  };
  const damage = (sql: string) => ({ tamper: async (tablo: TabloId) => void (await stage.pool.query(sql, [tablo])) });

  it('nothing, when all is well', async () => {
    const awaits = (kinds: ReadonlySet<ViolationKind>) => kinds.size === 0;
    expect(await notices([], { awaits })).toEqual(new Set());
  });

  it('[R5] a text that SQL has otherwise', async () => {
    const sql = `UPDATE messages SET text = 'm0.7' WHERE channel_id = $1 AND seq = 1`;
    await notices(['diverged'], damage(sql));
  });

  it('[R5] an order that SQL has otherwise', async () => {
    const sql = `UPDATE messages SET created_at = created_at + interval '1 day' WHERE channel_id = $1 AND seq = 1`;
    await notices(['diverged', 'misordered'], damage(sql));
  });

  it('[R1] a message that is gone from SQL', async () => {
    const sql = 'DELETE FROM messages WHERE channel_id = $1 AND seq = 2';
    await notices(['lost', 'false-sent', 'diverged', 'miscounted'], damage(sql));
  });

  it('[R4] a message that is there twice', async () => {
    const sql = `INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
      SELECT gen_random_uuid(), channel_id, user_id, text, created_at, sent_at, received_at, 4 FROM messages WHERE channel_id = $1 AND seq = 2`;
    await notices(['doubled'], damage(sql));
  });

  it('[R8] a client whose outbox drops an entry', async () => {
    const killed: Schedule = {
      ...quiet,
      operations: [
        { type: 'offline', device: 0, pauseMs: 20 },
        { type: 'send', device: 0, tab: 0, count: 3, replyTo: null, pauseMs: 0 },
        // Nothing is owed to what its tab was not told to be stored.
        { type: 'settle', pauseMs: 0 },
        { type: 'kill', device: 0, pauseMs: 0 },
      ],
    };
    const loses = ({ entry }: OutboxRecord) => entry.kind === 'message' && entry.text === 'm1.0';
    const awaits = (kinds: ReadonlySet<ViolationKind>) => kinds.size === 1 && kinds.has('lost');
    expect(await notices(['lost'], { loses, awaits }, killed)).toEqual(new Set(['lost']));
  });
});

if (SCHEDULE_SEED !== undefined)
  describe('one schedule', () => {
    it(`one schedule holds (seed ${SCHEDULE_SEED})`, async () => {
      const outcome = await runSchedule(stage, createSchedule(Number(SCHEDULE_SEED)));
      if (outcome.violations.length === 0) return;
      console.log(describeOutcome(outcome));
      if (SHRINK) {
        const small = await shrink(stage, outcome);
        console.log('shrunk:', describeOutcome(small), JSON.stringify(small.schedule));
      }
      expect(outcome.violations).toEqual([]);
    }, 3600_000);
  });
