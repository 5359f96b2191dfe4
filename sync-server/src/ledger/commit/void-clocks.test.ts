import { createMessage } from '@tablo/schema/entry';
import type { TabloId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { encodeRuns } from '../../admission/encode-append.ts';
import type { ItemId } from '../../admission/run.ts';
import { Ledger } from '../ledger.ts';
import { MemoryLedgerStore } from '../store/memory-ledger.ts';
import { alice, bob, codeOf, entriesOf, load, Replica, submissionOf } from '../testing/ledger-fixture.ts';

const T = 1_700_000_000_000;
const tablo = '0197a000-0000-7000-8000-0000000000f1' as TabloId;
const empty = (by: Replica) => ({ ...by.message('empty', T), text: '' });

function start() {
  const store = new MemoryLedgerStore();
  store.addTablo(tablo, { [alice]: 'member', [bob]: 'member' });
  return { store, ledger: new Ledger(store, { onCommit: () => {}, onFailure: () => {} }), ...load(tablo) };
}

it('[R2] [R8] a server that was restored from a backup takes the void clocks of its clients again, each its own', async () => {
  const before = start();
  const [a, b] = [new Replica(alice), new Replica(bob)];
  const message = a.message('one', T);
  await before.ledger.submit(submissionOf(before.live, alice, a.push(message, empty(a)), T));
  for (const each of [a, b]) each.pull(before.doc);
  expect(entriesOf(b.doc)).toEqual([message]);
  const restored = start();
  const sync = (by: Replica) =>
    restored.ledger.submit(submissionOf(restored.live, by.author, Y.encodeStateAsUpdate(by.doc), T));
  // Not Bob's to bring: he is told so, and nothing of Alice's is void because of him.
  expect(codeOf(await sync(b))).toBe('not-your-entry');
  expect(restored.store.updates).toEqual([]);
  expect(await sync(a)).toMatchObject({ type: 'committed', fresh: [message.id], refusals: [] });
  expect(await sync(b)).toEqual({ type: 'known' });
  const next = a.message('goes on', T);
  expect(codeOf(await restored.ledger.submit(submissionOf(restored.live, alice, a.push(next), T)))).toBe('committed');
  expect(entriesOf(restored.doc)).toEqual([message, next]);
});

it('[R2] [R5] every replica has one order, also where clients put their entries in front of void clocks, honestly or not', async () => {
  let accepted = 0;
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = new Random(seed);
    const { store, ledger, live, doc } = start();
    const people = [new Replica(alice), new Replica(bob), new Replica(alice)];
    const send = (author: Replica, update: Uint8Array) => ledger.submit(submissionOf(live, author.author, update, T));
    for (let step = 0; step < 14; step += 1) {
      const nth = random.below(people.length);
      const author = people[nth] as Replica;
      const isUpToDate = random.chance(0.5);
      if (isUpToDate) author.pull(doc);
      const values = [author.message(`${step}`, T)];
      if (random.chance(0.3)) values.push(empty(author), author.message('more', T));
      if (random.chance(0.3)) values.push(empty(author));
      const vector = Y.encodeStateVector(author.doc);
      const array = author.doc.getArray('messages');
      if (random.chance(0.5)) array.insert(array.length, values);
      else array.push(values);
      const { type } = await send(author, Y.encodeStateAsUpdate(author.doc, vector));
      if (isUpToDate) expect(type, `seed ${seed}, step ${step}`).toBe('committed');
      // Somebody's entry has come into the place that it was put at: it begins anew, as after any refusal of a whole update.
      if (type === 'refused') people[nth] = new Replica(author.author);
      const voids = allIds(doc).filter(({ client, clock }) => live.frontier.voidUntil(client, clock) > clock);
      for (let hostile = 0; hostile < 2 && voids.length > 0; hostile += 1) {
        const entries = [createMessage({ author: bob, sentAt: T }, `hostile ${step}`)];
        const at = { client: 7_000 + 10 * step + hostile, clock: 0 };
        const run = { ...at, origin: random.pick(allIds(doc)), rightOrigin: random.pick(voids), entries };
        if ((await send(people[1] as Replica, encodeRuns([run]))).type === 'committed') accepted += 1;
      }
    }
    for (const person of people) {
      person.pull(doc);
      expect(entriesOf(person.doc), `seed ${seed}: in its author’s copy`).toEqual(entriesOf(doc));
    }
    const log = store.updates.map(({ update }) => update);
    for (const updates of [[Y.encodeStateAsUpdate(doc)], [Y.mergeUpdates(log)], log.toReversed()]) {
      const other = new Y.Doc();
      for (const update of updates) Y.applyUpdate(other, update);
      expect(entriesOf(other), `seed ${seed}`).toEqual(entriesOf(doc));
    }
  }
  expect(accepted).toBeGreaterThan(0);
}, 90_000);

function allIds(doc: Y.Doc): readonly ItemId[] {
  return [...doc.store.clients].flatMap(([client]) =>
    Array.from({ length: Y.getState(doc.store, client) }, (_, clock) => ({ client, clock })),
  );
}
