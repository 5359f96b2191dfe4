import type { TabloId, UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { type Hint, parseHint } from './hint.ts';
import { MAX_HINT_BYTES } from './hints.ts';
import { Outbox, WAITING_MAX } from './outbox.ts';

const tablo = (nth: number) => `0197a000-0000-7000-8000-${nth.toString(16).padStart(12, '0')}` as TabloId;
const userId = '00000000-0000-4000-8000-00000000000a' as UserId;

function open() {
  const said: Hint[] = [];
  const sizes: number[] = [];
  const numbers: number[] = [];
  let release = (): void => {};
  let mayGo = Promise.resolve();
  const outbox = new Outbox({
    node: 'a-node-of-tests',
    onFailure: () => {},
    hints: {
      send: async (hints) => {
        await mayGo;
        for (const text of hints) {
          sizes.push(Buffer.byteLength(text));
          const heard = parseHint(text);
          said.push(heard?.hint as Hint);
          numbers.push(heard?.nth as number);
        }
      },
    },
  });
  const hold = (): void => {
    const held = Promise.withResolvers<void>();
    mayGo = held.promise;
    release = held.resolve;
  };
  return { outbox, said, sizes, numbers, hold, release: () => release() };
}

const headsOf = (said: readonly Hint[]) => said.flatMap((hint) => (hint.type === 'log' ? hint.heads : []));
const peopleOf = (said: readonly Hint[]) =>
  said.flatMap((hint) => (hint.type === 'people' ? hint.documents.flatMap(({ people }) => people) : []));

describe('what is told to other servers', () => {
  it('says the newest head of each tablo, in as few hints as they fit into, however many commits there were', async () => {
    const { outbox, said, sizes, numbers, hold, release } = open();
    hold();
    outbox.sayHead({ tabloId: tablo(0), epoch: 1, head: 1n });
    for (let nth = 0; nth < 1_000; nth += 1)
      outbox.sayHead({ tabloId: tablo(nth % 200), epoch: 1, head: BigInt(2 + nth) });
    release();
    await expect.poll(() => headsOf(said)).toHaveLength(201);
    expect(
      new Set(
        headsOf(said)
          .slice(1)
          .map(({ head }) => head),
      ),
    ).toEqual(new Set(Array.from({ length: 200 }, (_, nth) => BigInt(802 + nth))));
    expect(said.length).toBeLessThan(6);
    expect(numbers).toEqual(said.map((_, nth) => nth + 1));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_HINT_BYTES);
  });

  it('says the newest state of each clientID, and no hint is too long for NOTIFY, whatever people are called', async () => {
    const { outbox, said, sizes } = open();
    const show = (client: number, clock: number) =>
      outbox.sayPerson(
        { tabloId: tablo(client % 3), epoch: 1 },
        { client, clock, state: { userId, name: '漢"'.repeat(100), typing: false } },
      );
    for (let client = 0; client < 300; client += 1) for (const clock of [1, 2, 3]) show(client, clock);
    await expect.poll(() => new Set(peopleOf(said).map(({ client }) => client)).size, { timeout: 5_000 }).toBe(300);
    const newest = new Map(peopleOf(said).map(({ client, clock }) => [client, clock]));
    expect(new Set(newest.values())).toEqual(new Set([3]));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_HINT_BYTES);
  });

  it('says at the end what was committed, then that it goes, and nothing after', async () => {
    const { outbox, said, hold, release } = open();
    hold();
    outbox.say({ type: 'here', heard: [] });
    outbox.sayHead({ tabloId: tablo(1), epoch: 1, head: 5n });
    outbox.sayPerson({ tabloId: tablo(1), epoch: 1 }, { client: 1, clock: 1, state: null });
    release();
    await outbox.close({ type: 'bye' }, 1_000);
    expect(said.map(({ type }) => type)).toEqual(['here', 'log', 'bye']);
    outbox.say({ type: 'here', heard: [] });
    expect(said).toHaveLength(3);
  });

  it('looks at each person that waits once, however many wait behind while the others are slow to hear', async () => {
    const { outbox, said, hold, release } = open();
    hold();
    outbox.say({ type: 'hello' });
    let measured = 0;
    for (let client = 0; client < 10_000; client += 1) {
      const state = {
        userId,
        name: 'Somebody with a name',
        typing: false,
        toJSON: () => {
          measured += 1;
          return 'x'.repeat(80);
        },
      };
      outbox.sayPerson({ tabloId: tablo(client % 1_000), epoch: 1 }, { client, clock: 1, state });
    }
    release();
    await expect.poll(() => peopleOf(said).length, { timeout: 10_000 }).toBe(10_000);
    expect(measured).toBeLessThan(11_000);
  });

  it('keeps no more than so much waiting: heads that were dropped leave out a number, and who is asked about is everybody then', async () => {
    const { outbox, said, numbers, hold, release } = open();
    hold();
    outbox.say({ type: 'hello' });
    for (let nth = 0; nth < WAITING_MAX + 10; nth += 1) {
      outbox.sayHead({ tabloId: tablo(nth), epoch: 1, head: 1n });
      outbox.ask({ tabloId: tablo(nth), epoch: 1 });
      outbox.sayPerson({ tabloId: tablo(nth), epoch: 1 }, { client: nth, clock: 1, state: null });
    }
    release();
    await expect.poll(() => headsOf(said).length, { timeout: 10_000 }).toBe(WAITING_MAX);
    await expect.poll(() => peopleOf(said).length, { timeout: 10_000 }).toBe(WAITING_MAX);
    expect(numbers.slice(0, 2)).toEqual([1, 12]);
    expect(said).toContainEqual({ type: 'who', documents: null });
    // What waits is bounded by what it is about, not by how often it was said.
    expect(new Set(headsOf(said).map(({ tabloId }) => tabloId)).size).toBe(WAITING_MAX);
  });
});
