import { expect, it } from 'vitest';
import { type HostTablo, looksOf, readTablo } from './host-tablo.ts';

it('a host’s board is listed by its own name, or by our word where it has none', () => {
  const rows = [
    { id: 'a', name: 'Kitchen', color: '', image: '/a.png', state: 'archived' },
    { id: 'b', name: null },
    { id: 'c', name: ' ', color: 'teal' },
    { id: 'd' } as HostTablo,
  ];
  expect([...(looksOf(rows.map(readTablo)) ?? [])]).toEqual([
    ['a', { name: 'Kitchen', color: null, image: '/a.png' }],
    ['b', { name: 'Untitled tablo', color: null, image: null }],
    ['c', { name: 'Untitled tablo', color: 'teal', image: null }],
    ['d', { name: 'Untitled tablo', color: null, image: null }],
  ]);
  expect(looksOf(null)).toBe(null);
});
