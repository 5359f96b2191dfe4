import { createMessage } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.ts';
import { Tabs } from '../store/tabs.ts';
import { until } from '../testing/harness.ts';
import { Outbox } from './outbox.ts';
import { decideEdit, decideReaction, decideRemoval, rememberStamps } from './outbox-decisions.ts';

const TABLO = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;
const ALICE = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;

/** A disk that takes its time: each write waits until it is let through. */
class SlowStore extends MemoryStore {
  readonly #waiting: (() => void)[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  override changeOutbox(...args: Parameters<MemoryStore['changeOutbox']>): ReturnType<MemoryStore['changeOutbox']> {
    const mayWrite = new Promise<void>((resolve) => this.#waiting.push(resolve));
    const written = this.#turn.then(() => mayWrite).then(() => super.changeOutbox(...args));
    this.#turn = written;
    return written;
  }

  letOneThrough(): void {
    this.#waiting.shift()?.();
  }
}

async function open(store: MemoryStore) {
  const tabs = new Tabs({ owner: ALICE, openChannel: () => null, locks: null });
  const outbox = await Outbox.open(store, tabs, 1_000);
  return { outbox, pushable: () => outbox.pushable(TABLO).map(({ id }) => id) };
}

const stamps = () => rememberStamps(() => ({ author: ALICE, sentAt: 3 }));

it('[R8] what is cancelled while it is still being written is never free to be pushed', async () => {
  const store = new SlowStore();
  const { outbox, pushable } = await open(store);
  const message = createMessage({ author: ALICE, sentAt: 1 }, 'never mind');
  const seen = new Set<EntryId>();
  outbox.on(() => {
    for (const id of pushable()) seen.add(id);
  });
  const written = outbox.add(TABLO, [message]);
  await until(() => expect(outbox.get(TABLO, message.id)?.delivery.status).toBe('pending'));
  const cancelled = outbox.change(TABLO, [message.id], stamps(), (view, make) => decideRemoval(view, message.id, make));
  await until(() => expect(outbox.get(TABLO, message.id)?.delivery.status).toBe('withdrawn'));
  store.letOneThrough();
  await written;
  expect(outbox.get(TABLO, message.id)?.delivery.status).toBe('withdrawn');
  store.letOneThrough();
  await cancelled;
  expect(outbox.get(TABLO, message.id)?.delivery.status).toBe('withdrawn');
  expect([...seen]).toEqual([]);
});

it('[R8] what this tab knows otherwise than the disk is read again when a change of it finds nothing to do', async () => {
  const store = new MemoryStore();
  const [here, there] = [await open(store), await open(store)];
  const message = createMessage({ author: ALICE, sentAt: 1 }, 'seen by one');
  await here.outbox.add(TABLO, [message]);
  await there.outbox.takeStored();
  await here.outbox.change(TABLO, [message.id], stamps(), (view, make) => decideRemoval(view, message.id, make));
  expect(there.pushable()).toEqual([message.id]);
  await there.outbox.refuse(TABLO, [message.id], { code: 'forbidden', message: 'No.' });
  expect(there.outbox.get(TABLO, message.id)?.delivery.status).toBe('withdrawn');
  expect(there.pushable()).toEqual([]);
});

it('[R5] what was written after an entry that is being changed is not pushed before it', async () => {
  const store = new SlowStore();
  const { outbox, pushable } = await open(store);
  const [first, second] = [1, 2].map((sentAt) => createMessage({ author: ALICE, sentAt }, `message ${sentAt}`));
  if (first === undefined || second === undefined) throw new Error('two messages');
  const written = [outbox.add(TABLO, [first]), outbox.add(TABLO, [second])];
  store.letOneThrough();
  await written[0];
  expect(pushable()).toEqual([first.id]);
  const reacted = outbox.change(TABLO, [first.id], stamps(), (view, make) =>
    decideReaction(view, { target: first.id, emoji: '👍', on: true }, false, make),
  );
  store.letOneThrough();
  await written[1];
  expect(pushable()).toEqual([]);
  store.letOneThrough();
  await reacted;
  expect(pushable().slice(0, 2)).toEqual([first.id, second.id]);
});

it('[R4] what a message was rewritten to is not pushed while it is being settled that the message is durable', async () => {
  const store = new SlowStore();
  const { outbox, pushable } = await open(store);
  const message = createMessage({ author: ALICE, sentAt: 1 }, 'first words');
  const seen = new Set<EntryId>();
  outbox.on(() => {
    for (const id of pushable()) seen.add(id);
  });
  const written = outbox.add(TABLO, [message]);
  store.letOneThrough();
  await written;
  const rewritten = outbox.change(TABLO, [message.id], stamps(), (view, make) =>
    decideEdit(view, message.id, 'better words', make),
  );
  // The server has had the first words all the while.
  expect(outbox.settle(TABLO, [message.id], stamps())).toHaveLength(1);
  store.letOneThrough();
  await rewritten;
  store.letOneThrough();
  await until(() => expect(pushable()).toHaveLength(1));
  const pushed = outbox.list(TABLO).filter(({ id }) => seen.has(id) && id !== message.id);
  expect(pushed.map(({ entry }) => entry)).toEqual([expect.objectContaining({ kind: 'edit', target: message.id })]);
});
