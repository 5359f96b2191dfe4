import type { UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { readPresence } from './read-presence.ts';
import { sanitizePresence } from './sanitize-presence.ts';

const alice = { id: '00000000-0000-4000-8000-00000000000a' as UserId, name: 'Alice' };

describe('sanitizePresence', () => {
  it.each<[string, string, unknown]>([
    [
      'overwrites the identity',
      '{"user":{"id":"x","name":"Boss","role":"owner"},"typing":true}',
      { user: alice, typing: true },
    ],
    ["keeps nothing but the contract's fields", '{"cursor":"here","typing":"yes"}', { user: alice, typing: false }],
    ['keeps no prototype', '{"__proto__":{"typing":true}}', { user: alice, typing: false }],
    ['takes no empty state', '{}', null],
    ['takes no text', '"hello"', null],
    ['takes no null', 'null', null],
    ['takes nothing that is no JSON', '{"user":', null],
    ['survives 8,000 levels', `{"a":${'['.repeat(8_000)}${']'.repeat(8_000)}}`, { user: alice, typing: false }],
  ])('[R3] sanitizePresence %s', (_title, json, expected) => {
    expect(sanitizePresence(json, alice)).toEqual(expected);
  });
});

describe('readPresence', () => {
  it('[R3] readPresence finds states and explicit removals, and nothing in damage', () => {
    const awareness = new Awareness(new Y.Doc());
    const update = (state: Record<string, unknown> | null) => {
      awareness.setLocalState(state);
      return encodeAwarenessUpdate(awareness, [awareness.clientID]);
    };
    expect(readPresence(update({ typing: true }))).toMatchObject([
      { client: awareness.clientID, json: '{"typing":true}' },
    ]);
    expect(readPresence(update(null))).toMatchObject([{ client: awareness.clientID, json: 'null' }]);
    expect(readPresence(update({ a: 1 }).slice(0, -3))).toEqual([]);
    expect(readPresence(new Uint8Array([255, 255]))).toEqual([]);
    awareness.destroy();
  });
});
