import { createMessage, createReaction, type MemberEntry } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import { Timeline, type TimelineMessage } from '@tablo/schema/timeline';
import { describe, expect, it } from 'vitest';
import type { OutboxRecord, OutboxView } from '../store/local-store.ts';
import { MemoryStore } from '../store/memory-store.ts';
import {
  type Decision,
  decideDiscard,
  decideEdit,
  decideReaction,
  decideRemoval,
  decideSettlement,
  type Maker,
  rememberStamps,
} from './outbox-decisions.ts';

const TABLO = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;
const ALICE = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;

/** One browser's outbox, and a server on which entries become durable. */
class Bench {
  readonly store = new MemoryStore();
  readonly durable = new Map<EntryId, MemberEntry>();
  #time = 1;

  async write(text: string): Promise<EntryId> {
    const message = createMessage({ author: ALICE, sentAt: this.#next() }, text);
    await this.store.changeOutbox([], () => ({ put: [this.#record(message)] }));
    return message.id;
  }

  async react(target: EntryId): Promise<EntryId> {
    const reaction = createReaction({ author: ALICE, sentAt: this.#next() }, target, '👍', true);
    await this.store.changeOutbox([], () => ({ put: [this.#record(reaction)] }));
    return reaction.id;
  }

  async decide(id: EntryId, decision: (view: OutboxView, make: Maker) => Decision): Promise<boolean> {
    let isDone = true;
    await this.store.changeOutbox([id], (view) => {
      const writes = decision(view, this.make());
      isDone = writes !== null;
      return writes ?? {};
    });
    return isDone;
  }

  /** These have reached the server, whatever became of them here. */
  async arrive(entries: readonly MemberEntry[]): Promise<void> {
    for (const entry of entries) this.durable.set(entry.id, entry);
    // Told twice, as repeated frames do.
    const ids = [...entries, ...entries].map(({ id }) => id);
    await this.store.changeOutbox(ids, (view) => decideSettlement(view, ids, this.make()));
  }

  async pending(): Promise<readonly MemberEntry[]> {
    const records = await this.store.readOutbox();
    return records.flatMap(({ entry, delivery }) => (delivery.status === 'pending' ? [entry] : []));
  }

  /** All that is pending arrives, and what that makes pending. */
  async drain(): Promise<void> {
    for (let entries = await this.pending(); entries.length > 0; entries = await this.pending())
      await this.arrive(entries);
  }

  /** What everybody sees of it. */
  texts(): readonly string[] {
    return this.#timeline().flatMap(({ text, isDeleted }) => (isDeleted ? [] : [text]));
  }

  /** As a tab shows it, pending deletions included. */
  async isDeleted(id: EntryId): Promise<boolean> {
    const isGoing = (await this.pending()).some((entry) => entry.kind === 'delete' && entry.target === id);
    return isGoing || this.#timeline().some((message) => message.id === id && message.isDeleted);
  }

  #timeline(): readonly TimelineMessage[] {
    const timeline = new Timeline();
    for (const entry of this.durable.values()) timeline.add(entry);
    return timeline.messages();
  }

  make(): Maker {
    return {
      ...rememberStamps(() => ({ author: ALICE, sentAt: this.#next() })),
      record: (entry) => this.#record(entry),
      withdraw: (record, replacedBy) => ({ ...record, delivery: { status: 'withdrawn', replacedBy, at: 1 } }),
    };
  }

  async entry(id: EntryId): Promise<MemberEntry> {
    const [record] = await this.store.readOutboxRecords([id]);
    if (!record) throw new Error('no such record');
    return record.entry;
  }

  #next(): number {
    this.#time += 1;
    return this.#time;
  }

  #record(entry: MemberEntry): OutboxRecord {
    return { id: entry.id, tabloId: TABLO, entry, delivery: { status: 'pending' }, createdAt: 1, owner: 'tab' };
  }
}

const edit = (id: EntryId, text: string) => (view: OutboxView, make: Maker) => decideEdit(view, id, text, make);
const remove = (id: EntryId) => (view: OutboxView, make: Maker) => decideRemoval(view, id, make);

describe('two tabs that work on one pending message', () => {
  it('[R8] both rewrite it: one message, with the later text', async () => {
    const bench = new Bench();
    const id = await bench.write('one');
    await bench.decide(id, edit(id, 'two'));
    await bench.decide(id, edit(id, 'three'));
    await bench.drain();
    expect(bench.texts()).toEqual(['three']);
    expect(bench.durable.size).toBe(1);
  });

  it('[R8] one cancels, the other rewrites: it stays away, and who rewrote is told', async () => {
    const bench = new Bench();
    const id = await bench.write('one');
    await bench.decide(id, remove(id));
    expect(await bench.decide(id, edit(id, 'two'))).toBe(false);
    await bench.drain();
    expect(bench.durable.size).toBe(0);
  });

  it('[R8] one rewrites, the other cancels what it sees: nothing is sent', async () => {
    const bench = new Bench();
    const id = await bench.write('one');
    await bench.decide(id, edit(id, 'two'));
    await bench.decide(id, remove(id));
    await bench.drain();
    expect(bench.durable.size).toBe(0);
  });

  it('[R8] one hears that it is durable, the other rewrites and cancels: an edit and a deletion', async () => {
    const bench = new Bench();
    const [first, second] = [await bench.write('one'), await bench.write('two')];
    await bench.arrive([await bench.entry(first), await bench.entry(second)]);
    await bench.decide(first, edit(first, 'one, edited'));
    await bench.decide(second, remove(second));
    await bench.drain();
    expect(bench.texts()).toEqual(['one, edited']);
  });

  it('[R8] a reaction follows its message through every rewriting', async () => {
    const bench = new Bench();
    const id = await bench.write('one');
    await bench.react(id);
    await bench.decide(id, edit(id, 'two'));
    const react = (view: OutboxView, make: Maker) =>
      decideReaction(view, { target: id, emoji: '🎉', on: true }, false, make);
    await bench.decide(id, react);
    await bench.drain();
    const [message] = [...bench.durable.values()].filter(({ kind }) => kind === 'message');
    const targets = [...bench.durable.values()].flatMap((entry) => (entry.kind === 'reaction' ? [entry.target] : []));
    expect(targets).toEqual([message?.id, message?.id]);
  });
});

describe('what was taken back and is durable all the same', () => {
  it('[R8] what was taken back and is durable all the same is deleted when it was cancelled', async () => {
    const bench = new Bench();
    const id = await bench.write('one');
    const sent = await bench.entry(id);
    await bench.decide(id, remove(id));
    await bench.arrive([sent]);
    await bench.drain();
    expect(bench.texts()).toEqual([]);
  });

  it('[R8] what was taken back and is durable all the same gets the new text as an edit, and what replaced it is not sent', async () => {
    const bench = new Bench();
    const id = await bench.write('one');
    const sent = await bench.entry(id);
    await bench.decide(id, edit(id, 'two'));
    await bench.arrive([sent]);
    await bench.drain();
    expect(bench.texts()).toEqual(['two']);
    expect([...bench.durable.values()].map(({ kind }) => kind)).toEqual(['message', 'edit']);
  });

  it('[R4] what was taken back and is durable all the same is deleted when what replaced it is durable as well, in whichever order that is heard', async () => {
    for (const order of ['old first', 'new first', 'together']) {
      const bench = new Bench();
      const id = await bench.write('one');
      const old = await bench.entry(id);
      await bench.decide(id, edit(id, 'two'));
      const [replacement] = await bench.pending();
      if (order === 'old first') for (const entry of [old, replacement!]) await bench.arrive([entry]);
      else if (order === 'new first') for (const entry of [replacement!, old]) await bench.arrive([entry]);
      else await bench.arrive([old, replacement!]);
      await bench.drain();
      expect(bench.texts(), order).toEqual(['two']);
    }
  });

  it('[R8] a rewriting of what has become an edit meanwhile is another edit', async () => {
    const bench = new Bench();
    const id = await bench.write('one');
    const sent = await bench.entry(id);
    await bench.decide(id, edit(id, 'two'));
    const [replacement] = await bench.pending();
    await bench.arrive([sent]);
    await bench.decide(replacement!.id, edit(replacement!.id, 'three'));
    await bench.drain();
    expect(bench.texts()).toEqual(['three']);
  });

  it('[R8] a refused change that is forgotten leaves the message as it is', async () => {
    const bench = new Bench();
    const id = await bench.write('one');
    await bench.drain();
    const reaction = await bench.react(id);
    await bench.decide(reaction, (view, make) => decideDiscard(view, reaction, make));
    await bench.drain();
    expect([...bench.durable.values()].map(({ kind }) => kind)).toEqual(['message']);
  });
});

it('[R4] [R8] whatever tabs do and whatever arrives in between, at the end there is one message with the last text, or none', async () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const random = new Random(seed);
    const bench = new Bench();
    const id = await bench.write('v0');
    // Every id that the message ever had: a tab may still show an old one, and a frame with it may still arrive.
    const ids = [id];
    const frames = new Map<EntryId, MemberEntry>([[id, await bench.entry(id)]]);
    let text = 'v0';
    let isRemoved = false;
    const steps: string[] = [];
    for (let step = 1; step <= 6; step += 1) {
      // What is shown as deleted has no command.
      const deleted = await Promise.all(ids.map((one) => bench.isDeleted(one)));
      const target = random.pick(ids.filter((_id, index) => !deleted[index]));
      const choice = random.next();
      if (choice < 0.45) {
        const isDone = await bench.decide(target, edit(target, `v${step}`));
        if (isDone) text = `v${step}`;
        steps.push(`edit ${ids.indexOf(target)} to v${step}: ${isDone}`);
      } else if (choice < 0.55) {
        await bench.decide(target, remove(target));
        isRemoved = true;
        steps.push(`remove ${ids.indexOf(target)}`);
      } else {
        const frame = random.pick([...frames.values()]);
        await bench.arrive([frame]);
        steps.push(`${frame.kind} arrives`);
      }
      for (const entry of await bench.pending()) {
        frames.set(entry.id, entry);
        if (entry.kind === 'message' && !ids.includes(entry.id)) ids.push(entry.id);
      }
      if (isRemoved) break;
    }
    await bench.drain();
    // Late frames, after all.
    if (random.chance(0.5)) await bench.arrive([...frames.values()].filter(({ kind }) => kind === 'message'));
    await bench.drain();
    expect(bench.texts(), `seed ${seed}: ${steps.join(', ')}`).toEqual(isRemoved ? [] : [text]);
  }
});

it('stamps are the same for one use and others for each; what takes a place sorts as what had it [R5]', () => {
  let time = 1_000;
  const { stamp, id } = rememberStamps(() => ({ author: ALICE, sentAt: time++ }));
  expect(stamp('a')).toBe(stamp('a'));
  expect(stamp('a').id).not.toBe(stamp('b').id);
  expect(id('a', 5)).toBe(id('a', 5));
  expect(id('b', 7) > id('a', 5)).toBe(true);
  expect(id('b', 7) < createEntryId(8)).toBe(true);
});
