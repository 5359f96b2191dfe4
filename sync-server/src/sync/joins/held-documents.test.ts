import { EventEmitter } from 'node:events';
import type { UserId } from '@tablo/schema/ids';
import { expect, it } from 'vitest';
import type { LiveConnection } from '../socket/live-connection.ts';
import { HeldDocuments } from './held-documents.ts';

const [alice, bob, eve] = ['alice', 'bob', 'eve'] as unknown as [UserId, UserId, UserId];

interface FakeDocument extends EventEmitter {
  readonly name: string;
}

const createDocument = (name: string): FakeDocument => Object.assign(new EventEmitter(), { name });
const fill = (document: FakeDocument, bytes: number): boolean => document.emit('update', new Uint8Array(bytes));

function openHeld() {
  const held = new HeldDocuments();
  const join = (user: UserId, document: FakeDocument, bytes = 0): { leave(): void } => {
    const listeners: (() => void)[] = [];
    const leave = (): void => {
      for (const listener of listeners) listener();
    };
    held.add(
      {
        context: { userId: user },
        document,
        onClose: (listener: () => void) => void listeners.push(listener),
        close: leave,
      } as unknown as LiveConnection,
      bytes,
    );
    return { leave };
  };
  /** Whose connections to what are ended. */
  const end = (connections: Iterable<LiveConnection>): string[] => [
    ...(function* () {
      for (const connection of connections) {
        yield `${connection.context.userId} ${connection.document.name}`;
        connection.close();
      }
    })(),
  ];
  return { held, join, end };
}

it('[R11] what a user holds follows what becomes of the documents: empty ones that are filled later count', () => {
  const { held, join, end } = openHeld();
  const documents = ['a', 'b', 'c'].map(createDocument);
  const [first] = documents.map((document) => join(eve, document));
  for (const document of documents) fill(document, 100);
  expect([held.of(eve), held.total]).toEqual([300, 300]);
  expect(end(held.beyond(1_000))).toEqual([]);
  for (const document of documents.slice(1)) fill(document, 900);
  expect(end(held.beyond(1_200))).toEqual(['eve b']);
  expect([held.of(eve), held.total]).toEqual([1_100, 1_100]);
  first?.leave();
  expect([held.of(eve), held.total]).toEqual([1_000, 1_000]);
});

it('[R11] a document counts once, however often it is joined and by however many, and not at all when the last has left', () => {
  const { held, join } = openHeld();
  const document = createDocument('shared');
  const all = [join(alice, document, 10), join(alice, document, 10), join(bob, document, 10)];
  fill(document, 5);
  expect([held.of(alice), held.of(bob), held.total]).toEqual([15, 15, 15]);
  for (const one of all) one.leave();
  expect([held.of(alice), held.of(bob), held.total, document.listenerCount('update')]).toEqual([0, 0, 0, 0]);
  // One that leaves twice, or grows when nobody has it, changes nothing.
  all[0]?.leave();
  fill(document, 1_000);
  expect(held.total).toBe(0);
});

it('[R11] when too much is held in all, who holds the most loses it first, and members of large tablos keep what they share', () => {
  const { held, join, end } = openHeld();
  const shared = createDocument('shared');
  for (const user of [alice, bob, eve]) join(user, shared, 900);
  join(alice, createDocument('of alice'), 200);
  for (const name of ['x', 'y', 'z']) join(eve, createDocument(name), 300);
  expect(held.total).toBe(2_000);
  expect(end(held.beyondTotal(2_000))).toEqual([]);
  expect(end(held.beyondTotal(1_500))).toEqual(['eve x', 'eve y']);
  expect([held.total, held.of(alice), held.of(bob)]).toEqual([1_400, 1_100, 900]);
});
