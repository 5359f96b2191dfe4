import * as decoding from 'lib0/decoding';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { readRuns } from './read-runs.ts';

function count(update: Uint8Array): Record<number, number> {
  const ends: Record<number, number> = {};
  readRuns(decoding.createDecoder(update), (client, clock, length) => {
    ends[client] = clock + length;
  });
  return ends;
}

describe('readRuns', () => {
  it('readRuns counts what Yjs wrote: several clients, merged updates, gaps, every kind of value', () => {
    const entry = {
      kind: 'message',
      text: 'ä ☕',
      sentAt: 1.8e12,
      list: ['a', 'b'],
      on: true,
      off: false,
      none: null,
      half: 0.5,
    };
    const [left, right] = [new Y.Doc(), new Y.Doc()];
    left.getArray('messages').push([entry, entry]);
    Y.applyUpdate(right, Y.encodeStateAsUpdate(left));
    right.getArray('messages').push([entry]);
    left.getArray('messages').push([entry, entry, entry]);
    const merged = Y.mergeUpdates([Y.encodeStateAsUpdate(left), Y.encodeStateAsUpdate(right)]);
    expect(count(merged)).toEqual({ [left.clientID]: 5, [right.clientID]: 1 });
    const updates: Uint8Array[] = [];
    left.on('update', (update: Uint8Array) => updates.push(update));
    for (let nth = 0; nth < 3; nth += 1) left.getArray('messages').push([entry]);
    const [first, , third] = updates;
    expect(count(Y.mergeUpdates([first!, third!]))).toEqual({ [left.clientID]: 8 });
    expect(count(Y.encodeStateAsUpdate(new Y.Doc()))).toEqual({});
  });
});
