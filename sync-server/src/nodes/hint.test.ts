import type { TabloId, UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { encodeHint, type Hint, parseHint } from './hint.ts';
import { createSeal } from './seal.ts';

const NODE = 'a-node-of-tests';
const tabloId = '0197a000-0000-7000-8000-0000000000f1' as TabloId;
const userId = '00000000-0000-4000-8000-00000000000a' as UserId;

describe('a hint', () => {
  it.each<Hint>([
    { type: 'hello' },
    { type: 'here' },
    { type: 'bye' },
    { type: 'log', heads: [{ tabloId, epoch: 3, head: 9_007_199_254_740_993n }] },
    { type: 'who', documents: null },
    { type: 'who', documents: [{ tabloId, epoch: 1 }] },
    {
      type: 'people',
      documents: [
        {
          tabloId,
          epoch: 1,
          people: [
            { client: 4_294_967_295, clock: 7, state: { userId, name: 'Zoë "Z" <b>', typing: true } },
            { client: 1, clock: 0, state: null },
          ],
        },
      ],
    },
  ])('is read as it was said: %o', (hint) => {
    expect(parseHint(encodeHint(NODE, hint))).toEqual({ node: NODE, hint });
  });

  it.each([
    ['no JSON', '{'],
    ['no list', '{"type":"hello"}'],
    ['another version', JSON.stringify([2, NODE, 'hello'])],
    ['no server', JSON.stringify([1, null, 'hello'])],
    ['a server with a name of any length', JSON.stringify([1, 'x'.repeat(1_000), 'hello'])],
    ['nothing that we know', JSON.stringify([1, NODE, 'shutdown'])],
  ])('[N2] that is %s is passed over', (_, text) => {
    expect(parseHint(text)).toBeNull();
  });

  it.each([
    ['a head that is no number', ['log', [tabloId, 1, '1e9']], { type: 'log', heads: [] }],
    ['a tablo that is none', ['log', ['x', 1, '1'], null, 7], { type: 'log', heads: [] }],
    ['an epoch that is none', ['who', [tabloId, 0]], { type: 'who', documents: [] }],
    ['people that are none', ['people', [tabloId, 1, 3, [1], [1, -1], [1, 2, 'me', 'x', true]]], null],
    ['a name without end', ['people', [tabloId, 1, [1, 2, userId, 'x'.repeat(5_000), true]]], null],
  ])('[N2] says nothing by %s', (_, body, expected) => {
    const parsed = parseHint(JSON.stringify([1, NODE, ...body]));
    expect(parsed?.hint).toEqual(expected ?? { type: 'people', documents: [{ tabloId, epoch: 1, people: [] }] });
  });
});

describe('a seal', () => {
  it('[N2] opens what was sealed with its key, and nothing else', () => {
    const [ours, theirs] = [createSeal('ours'), createSeal('theirs')];
    const sealed = ours.close('a hint');
    expect(ours.open(sealed)).toBe('a hint');
    for (const other of [theirs.close('a hint'), `${sealed}!`, sealed.slice(1), 'a hint', '', 'é'.repeat(22)])
      expect(ours.open(other)).toBeNull();
  });
});
