import type { TabloId, UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { encodeHint, type Hint, parseHint } from './hint.ts';
import { createSeal, sealedBytes } from './seal.ts';

const NODE = 'a-node-of-tests';
const tabloId = '0197a000-0000-7000-8000-0000000000f1' as TabloId;
const userId = '00000000-0000-4000-8000-00000000000a' as UserId;

describe('a hint', () => {
  it.each<Hint>([
    { type: 'hello' },
    { type: 'here', heard: [NODE, 'another-node'] },
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
    expect(parseHint(encodeHint(NODE, 7, hint))).toEqual({ node: NODE, nth: 7, hint });
  });

  it.each([
    ['no JSON', '{'],
    ['no list', '{"type":"hello"}'],
    ['another version', JSON.stringify([1, NODE, 1, 'hello'])],
    ['no server', JSON.stringify([2, null, 1, 'hello'])],
    ['a server with a name of any length', JSON.stringify([2, 'x'.repeat(1_000), 1, 'hello'])],
    ['without a number', JSON.stringify([2, NODE, 'hello'])],
    ['the noughth', JSON.stringify([2, NODE, 0, 'hello'])],
    ['nothing that we know', JSON.stringify([2, NODE, 1, 'shutdown'])],
  ])('[N2] that is %s is passed over', (_, text) => {
    expect(parseHint(text)).toBeNull();
  });

  it.each([
    ['servers that are none', ['here', NODE, 7, null, 'x y'], { type: 'here', heard: [NODE] }],
    ['a head that is no number', ['log', [tabloId, 1, '1e9']], { type: 'log', heads: [] }],
    ['a tablo that is none', ['log', ['x', 1, '1'], null, 7], { type: 'log', heads: [] }],
    ['an epoch that is none', ['who', [tabloId, 0]], { type: 'who', documents: [] }],
    ['people that are none', ['people', [tabloId, 1, 3, [1], [1, -1], [1, 2, 'me', 'x', true]]], null],
    ['a name without end', ['people', [tabloId, 1, [1, 2, userId, 'x'.repeat(5_000), true]]], null],
  ])('[N2] says nothing by %s', (_, body, expected) => {
    const parsed = parseHint(JSON.stringify([2, NODE, 1, ...body]));
    expect(parsed?.hint).toEqual(expected ?? { type: 'people', documents: [{ tabloId, epoch: 1, people: [] }] });
  });
});

describe('a seal', () => {
  it('[N2] opens what was sealed with its secret by any server, and nothing else', () => {
    const [ours, another, theirs] = [createSeal('ours'), createSeal('ours'), createSeal('theirs')];
    const sealed = ours.close('a hint for Zoë');
    expect([ours, another].map(({ open }) => open(sealed))).toEqual(['a hint for Zoë', 'a hint for Zoë']);
    expect(another.open(another.close('back'))).toBe('back');
    const bytes = Buffer.from(sealed, 'base64url');
    const changed = Array.from(bytes, (byte, at) => Buffer.from(bytes.with(at, byte ^ 1)).toString('base64url'));
    for (const other of [
      theirs.close('a hint'),
      sealed.slice(4),
      sealed.slice(0, -4),
      'a hint',
      '',
      'é'.repeat(80),
      ...changed,
    ])
      expect(ours.open(other)).toBeNull();
    expect(ours.open(sealed)).toBe('a hint for Zoë');
  });

  it('[N2] tells nobody else what was said, nor that the same was said twice', () => {
    const seal = createSeal('ours');
    const sealed = Array.from({ length: 100 }, () => seal.close('Zoë is here'));
    expect(new Set(sealed).size).toBe(100);
    expect(new Set([seal, createSeal('ours')].map(({ close }) => close('x').slice(0, 20))).size).toBe(2);
    for (const one of sealed) expect(Buffer.from(one, 'base64url').toString('latin1')).not.toContain('here');
    expect(seal.close('ë'.repeat(500))).toHaveLength(sealedBytes(1_000));
  });
});
