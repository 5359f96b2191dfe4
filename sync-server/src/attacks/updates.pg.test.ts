/** Hostile Yjs updates (TRAPS 1.2 and 4.1), each as an Update and as a SyncStep2: refused with its reason, nobody else harmed. */
import { createDeletion, createEdit, createReaction } from '@tablo/schema/entry';
import { createEntryId, type EntryId } from '@tablo/schema/ids';
import * as encoding from 'lib0/encoding';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { encode, syncFrame } from '../testing/frames.ts';
import { until } from '../testing/wait.ts';
import { alice, bob, eve, gus, openStageServer, Stage, say } from './stage.ts';
import {
  append,
  CONTENT,
  type Field,
  hollow,
  item,
  object,
  rawString,
  rawValues,
  update,
  values,
  writeAny,
} from './updates.ts';

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer({ limits: { bytesBurst: 1_000_000_000, entriesBurst: 1_000_000 } });
});
afterAll(() => server.close());
beforeEach(async () => {
  stage = await Stage.open(server);
});
afterEach(() => stage.close());

const mine = () => say(eve, 'a message of Eve');
const stamp = { author: eve, sentAt: 1 };
const ones = (client: number, ...structs: Parameters<typeof update>[0][number]['structs']) =>
  update([{ client, structs }]);
const fields = (...more: readonly Field[]): readonly Field[] => [
  ['kind', 'message'],
  ['id', createEntryId()],
  ['author', eve],
  ...more,
];
const sharedType = (write: (doc: Y.Doc) => void): Uint8Array => {
  const doc = new Y.Doc();
  write(doc);
  return new Uint8Array(Y.encodeStateAsUpdate(doc));
};

/** `depth` objects, one in the other, without recursion. */
const nested = (depth: number) => (encoder: encoding.Encoder) => {
  for (let level = 0; level < depth; level += 1) object(['a', () => {}])(encoder);
  writeAny(1)(encoder);
};

type Attack = readonly [title: string, code: string, make: (stage: Stage) => Uint8Array];
const victim = ({ alice: { doc } }: Stage): number => doc.clientID;
const victimNext = ({ alice: { doc } }: Stage): number => Y.getState(doc.store, doc.clientID);

const ATTACKS: readonly Attack[] = [
  [
    "[R3] GC structs that take up a victim's clocks",
    'invalid-update',
    (s) => ones(victim(s), hollow(CONTENT.gc, 1_000)),
  ],
  ['[R3] GC structs of 2^40 clocks', 'invalid-update', (s) => ones(victim(s), hollow(CONTENT.gc, 2 ** 40))],
  ["[R2] GC structs of one's own", 'invalid-update', () => ones(11, hollow(CONTENT.gc, 3), values([mine()]))],
  ["[R2] a Skip in front of one's own", 'invalid-update', () => ones(11, hollow(CONTENT.skip, 3), values([mine()]))],
  ["[R3] an entry in a victim's name", 'not-your-entry', () => append(11, [say(alice, 'I owe Eve money')])],
  [
    "[R3] an entry in a victim's name among one's own",
    'not-your-entry',
    () => append(11, [mine(), say(alice, 'forged'), mine()]),
  ],
  [
    "[R3] an entry in the server's name",
    'not-your-entry',
    () =>
      append(11, [{ kind: 'arrival', id: createEntryId(), author: 'server', sentAt: 1, of: [createEntryId()], at: 1 }]),
  ],
  ["[R3] the next clock of a victim's clientID", 'not-your-entry', (s) => append(victim(s), [mine()], victimNext(s))],
  ["[R3] a victim's first clock again, with other content", 'invalid-update', (s) => append(victim(s), [mine()], 0)],
  [
    "[R3] a victim's clocks from 0 to beyond the end",
    'invalid-update',
    (s) => append(victim(s), [mine(), mine(), mine()], 0),
  ],
  ["[R2] a delete set over a victim's entries", 'invalid-update', (s) => update([], [[victim(s), 0, 1]])],
  [
    '[R2] a delete set beside a good entry',
    'invalid-update',
    (s) => update([{ client: 11, structs: [values([mine()])] }], [[victim(s), 0, 1]]),
  ],
  [
    '[R2] a delete set for clients that nobody knows (pendingDs)',
    'invalid-update',
    () =>
      update(
        [],
        Array.from({ length: 5_000 }, (_, nth) => [nth + 1_000, 0, 9] as const),
      ),
  ],
  ['[R2] another root', 'invalid-update', () => ones(11, values([mine()], { parent: 'other' }))],
  ['[R2] a root called __proto__', 'invalid-update', () => ones(11, values([mine()], { parent: '__proto__' }))],
  ['[R2] an item for a parent', 'invalid-update', (s) => ones(11, values([mine()], { parent: [victim(s), 0] }))],
  ['[R2] a key on the root', 'invalid-update', () => ones(11, values([mine()], { parentSub: 'length' }))],
  [
    "[R2] an insertion in front of a victim's entry",
    'invalid-update',
    (s) => ones(11, values([mine()], { rightOrigin: [victim(s), 0] })),
  ],
  [
    '[R2] Y.Map',
    'invalid-update',
    () => sharedType((doc) => doc.getArray('messages').push([new Y.Map([['text', 'x']])])),
  ],
  ['[R2] Y.Text', 'invalid-update', () => sharedType((doc) => doc.getText('messages').insert(0, 'x'))],
  [
    '[R2] Y.XmlElement',
    'invalid-update',
    () => sharedType((doc) => doc.getArray('messages').push([new Y.XmlElement('script') as never])),
  ],
  [
    '[R2] a subdocument',
    'invalid-update',
    () => sharedType((doc) => doc.getArray('messages').push([new Y.Doc() as never])),
  ],
  [
    '[R2] binary content',
    'invalid-update',
    () => sharedType((doc) => doc.getArray('messages').push([new Uint8Array(9)])),
  ],
  [
    '[R2] ContentJSON',
    'invalid-update',
    () =>
      ones(
        11,
        item(CONTENT.json, (encoder) => {
          encoding.writeVarUint(encoder, 1);
          encoding.writeVarString(encoder, '{}');
        }),
      ),
  ],
  [
    '[R2] ContentDeleted',
    'not-your-entry',
    () =>
      ones(
        11,
        item(CONTENT.deleted, (encoder) => encoding.writeVarUint(encoder, 5)),
      ),
  ],
  [
    '[R2] a depth bomb of 8,000 levels',
    'invalid-update',
    () => ones(11, rawValues([object(...fields(['sentAt', 1], ['text', nested(8_000)]))])),
  ],
  ['[R2] a depth bomb of 1,000,000 levels', 'invalid-update', () => ones(11, rawValues([nested(1_000_000)]))],
  [
    '[R2] a claim of 30 million structs',
    'invalid-update',
    () => update([{ client: 11, claims: 30_000_000, structs: [] }]),
  ],
  [
    '[R2] a claim of 30 million clients',
    'invalid-update',
    () => Uint8Array.of(...encode((encoder) => encoding.writeVarUint(encoder, 30_000_000)), 1, 11, 0),
  ],
  [
    '[R2] a claim of 2^31 entries in one run',
    'too-large',
    () =>
      ones(
        11,
        item(CONTENT.any, (encoder) => encoding.writeVarUint(encoder, 2 ** 31)),
      ),
  ],
  [
    '[R2] 10,001 entries',
    'too-large',
    () =>
      append(
        11,
        Array.from({ length: 10_001 }, () => 1).map(() => ({})),
      ),
  ],
  ['[R2] more than 4 MiB', 'too-large', () => new Uint8Array(4 * 1024 * 1024 + 1)],
  ['[R2] a gap', 'invalid-update', () => append(11, [mine()], 7)],
  ['[R2] an origin that does not exist', 'invalid-update', () => append(11, [mine()], 0, { origin: [12, 5] })],
  ['[R2] an origin that is itself', 'invalid-update', () => append(11, [mine()], 0, { origin: [11, 0] })],
  [
    '[R2] a key called __proto__',
    'invalid-update',
    () => ones(11, rawValues([object(...fields(['sentAt', 1], ['text', 'x'], ['__proto__', 'y']))])),
  ],
  [
    '[R2] a key called constructor',
    'invalid-update',
    () => ones(11, rawValues([object(...fields(['sentAt', 1], ['text', 'x'], ['constructor', 'y']))])),
  ],
  ['[R2] a kind called __proto__', 'invalid-update', () => append(11, [{ ...mine(), kind: '__proto__' }])],
  ['[R2] an unknown kind', 'invalid-update', () => append(11, [{ ...mine(), kind: 'poll' }])],
  [
    '[R3] two authors in one entry',
    'not-your-entry',
    () => ones(11, rawValues([object(...fields(['author', alice], ['sentAt', 1], ['text', 'x']))])),
  ],
  ['[R2] an unknown key', 'invalid-update', () => append(11, [{ ...mine(), html: '<img onerror=1>' }])],
  ['[R2] a text of 3 MB', 'invalid-update', () => append(11, [{ ...mine(), text: 'x'.repeat(3_000_000) }])],
  ['[R2] a text with NUL', 'invalid-update', () => append(11, [{ ...mine(), text: 'a\u0000b' }])],
  [
    '[R2] half a surrogate pair, as bytes',
    'invalid-update',
    () => ones(11, rawValues([object(...fields(['sentAt', 1], ['text', rawString([0xed, 0xa0, 0x80])]))])),
  ],
  [
    '[R2] invalid UTF-8, as bytes',
    'invalid-update',
    () => ones(11, rawValues([object(...fields(['sentAt', 1], ['text', rawString([0xff, 0xfe, 0x61])]))])),
  ],
  ['[R2] a time that is NaN', 'invalid-update', () => append(11, [{ ...mine(), sentAt: Number.NaN }])],
  ['[R2] a time with a fraction', 'invalid-update', () => append(11, [{ ...mine(), sentAt: 1.5 }])],
  ['[R2] a negative time', 'invalid-update', () => append(11, [{ ...mine(), sentAt: -1 }])],
  ['[R2] a time without end', 'invalid-update', () => append(11, [{ ...mine(), sentAt: Number.POSITIVE_INFINITY }])],
  ['[R2] a time beyond every date', 'invalid-update', () => append(11, [{ ...mine(), sentAt: 8.64e15 + 1_024 }])],
  ['[R2] a time as BigInt', 'invalid-update', () => append(11, [{ ...mine(), sentAt: 1n }])],
  ['[R2] an id that is no UUID', 'invalid-update', () => append(11, [{ ...mine(), id: '__proto__' }])],
  ['[R2] an id in capitals', 'invalid-update', () => append(11, [{ ...mine(), id: createEntryId().toUpperCase() }])],
  ['[R2] elements that are no objects', 'invalid-update', () => append(11, ['text', 1, null, [mine()]])],
  ['[R3] a target that is not there', 'invalid-update', () => append(11, [createEdit(stamp, createEntryId(), 'x')])],
  ['[R2] bytes after the end', 'invalid-update', () => Uint8Array.of(...append(11, [mine()]), 0, 1, 2)],
  ['[R2] an update that ends early', 'invalid-update', () => append(11, [mine()]).slice(0, -20)],
  ['[R2] a number that never ends', 'invalid-update', () => new Uint8Array(64).fill(0xff)],
];

describe('refused, and harmless', () => {
  it.each(ATTACKS)('%s', async (_title, code, make) => {
    const attacker = await stage.join();
    const bytes = make(stage);
    await stage.assertRefusedBothWays(attacker, code, bytes);
    await stage.assertUnharmed();
    // The refused connection itself goes on.
    attacker.send(syncFrame(stage.name, UPDATE, append(12, [mine()])));
    await until(() => expect(attacker.heard.statuses.at(-1)).toBe(true));
    expect(await stage.countRows()).toBe(1);
  });
});

describe('entries of others', () => {
  const target = async (): Promise<EntryId> => (await stage.say(stage.alice, alice, 'hers')).id;

  it.each([
    ["[R3] an edit of another's message", (id: EntryId) => createEdit(stamp, id, 'rewritten')],
    ["[R3] a member's deletion of another's message", (id: EntryId) => createDeletion(stamp, id)],
  ])('%s', async (_title, make) => {
    const attacker = await stage.join();
    await stage.assertRefusedBothWays(attacker, 'not-your-entry', append(11, [make(await target())]));
    await stage.assertUnharmed();
  });

  it.each(['edit', 'delete', 'reaction'] as const)(
    '[R6] a %s across tablos is refused as if the target were nowhere',
    async (kind) => {
      const other = await Stage.open(server);
      try {
        const { id } = await other.say(other.alice, alice, 'in another tablo');
        const make = {
          edit: () => createEdit(stamp, id, 'x'),
          delete: () => createDeletion(stamp, id),
          reaction: () => createReaction(stamp, id, '👍', true),
        }[kind];
        const attacker = await stage.join();
        await stage.assertRefusedBothWays(attacker, 'invalid-update', append(11, [make()]));
        await other.assertUnharmed();
      } finally {
        other.close();
      }
      await stage.assertUnharmed();
    },
  );

  it('[R4] an id used before, by another, in this tablo or another', async () => {
    const other = await Stage.open(server);
    try {
      const attacker = await stage.join();
      const far = await other.say(other.alice, alice, 'in another tablo');
      for (const id of [await target(), far.id])
        await stage.assertRefusedBothWays(attacker, 'duplicate-id', append(11, [{ ...mine(), id }]));
      await other.assertUnharmed();
    } finally {
      other.close();
    }
    await stage.assertUnharmed();
  });

  it('[R4] one id twice in one update, with two contents', async () => {
    const attacker = await stage.join();
    const entry = mine();
    await stage.assertRefusedBothWays(attacker, 'duplicate-id', append(11, [entry, { ...entry, text: 'other' }]));
    await stage.assertUnharmed();
  });

  it('[R3] a guest writes nothing, not even a reaction', async () => {
    const guest = await stage.join(gus);
    await stage.assertRefusedBothWays(guest, 'read-only', append(11, [say(gus, 'hello')]));
    await stage.assertRefusedBothWays(
      guest,
      'read-only',
      append(11, [createReaction({ author: gus, sentAt: 1 }, await target(), '👍', true)]),
    );
    await stage.assertUnharmed();
  });
});

describe('many', () => {
  it('[R2] 2,000 updates out of order leave nothing waiting', async () => {
    const attacker = await stage.join();
    const frames = Array.from({ length: 2_000 }, (_, nth) =>
      syncFrame(stage.name, UPDATE, append(11, [mine()], 2_000 - nth)),
    );
    attacker.send(...frames);
    await stage.assertUnharmed();
    await until(() => expect(attacker.heard.statuses.length).toBe(2_000), 20_000);
    expect(attacker.heard.statuses).not.toContain(true);
    await stage.assertUnharmed();
  });

  it('[R8] a refused update in the middle does not take the good ones of other clientIDs with it', async () => {
    const attacker = await stage.join();
    attacker.send(
      syncFrame(stage.name, UPDATE, append(21, [mine()])),
      syncFrame(stage.name, UPDATE, append(22, [say(bob, 'forged')])),
      syncFrame(stage.name, UPDATE, append(23, [mine()])),
    );
    await until(() => expect(attacker.heard.statuses).toEqual([true, false, true]));
    expect(await stage.countRows()).toBe(2);
    await stage.assertUnharmed();
  });
});
