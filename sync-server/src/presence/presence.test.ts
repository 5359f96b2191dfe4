import type { UserId } from '@tablo/schema/ids';
import * as encoding from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { readRemovedClients } from './removed-clients.ts';
import { type PresenceRules, sanitizeAwareness } from './sanitize-awareness.ts';

const alice = { id: '00000000-0000-4000-8000-00000000000a' as UserId, name: 'Alice' };
const mine = (client: number) => client < 100;

function sanitize(states: Record<number, unknown>, rules: Partial<PresenceRules> = {}) {
  const map = new Map(
    Object.entries(states).map(([client, state]) => [Number(client), state as Record<string, unknown>]),
  );
  sanitizeAwareness(map, { user: alice, claim: mine, current: null, ...rules });
  return Object.fromEntries(map);
}

describe('sanitizeAwareness', () => {
  it.each<[string, Record<number, unknown>, Partial<PresenceRules>, Record<number, unknown>]>([
    [
      'overwrites the identity',
      { 1: { user: { id: 'x', name: 'Boss' }, typing: true } },
      {},
      { 1: { user: alice, typing: true } },
    ],
    [
      "keeps nothing but the contract's fields",
      { 1: { cursor: 'x'.repeat(99), typing: 'yes' } },
      {},
      { 1: { user: alice, typing: false } },
    ],
    ["drops somebody else's clientID", { 200: { typing: true } }, {}, {}],
    ["drops the scratch document's empty state", { 5: {} }, {}, {}],
    [
      'takes one state a connection',
      { 1: { typing: true }, 2: { typing: true } },
      {},
      { 1: { user: alice, typing: true } },
    ],
    [
      'takes only the clientID that the connection has',
      { 1: { typing: true }, 2: { typing: false } },
      { current: 2 },
      { 2: { user: alice, typing: false } },
    ],
  ])('[R3] %s', (_, states, rules, expected) => {
    expect(sanitize(states, rules)).toEqual(expected);
  });
});

describe('readRemovedClients', () => {
  const frame = (type: number, write: (encoder: encoding.Encoder) => void) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarString(encoder, 'tablo/1');
    encoding.writeVarUint(encoder, type);
    write(encoder);
    return encoding.toUint8Array(encoder);
  };

  it('[R3] finds explicit removals in an awareness frame, and nothing in others', () => {
    const awareness = new Awareness(new Y.Doc());
    const update = (state: object | null) => {
      awareness.setLocalState(state as Record<string, unknown> | null);
      return encodeAwarenessUpdate(awareness, [awareness.clientID]);
    };
    const here = update({ typing: true });
    const gone = update(null);
    expect(readRemovedClients(frame(1, (encoder) => encoding.writeVarUint8Array(encoder, here)))).toEqual([]);
    expect(readRemovedClients(frame(1, (encoder) => encoding.writeVarUint8Array(encoder, gone)))).toEqual([
      awareness.clientID,
    ]);
    expect(readRemovedClients(frame(0, (encoder) => encoding.writeVarUint8Array(encoder, gone)))).toEqual([]);
    expect(readRemovedClients(new Uint8Array([255, 255]))).toEqual([]);
    awareness.destroy();
  });
});
