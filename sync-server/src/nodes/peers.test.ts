import { describe, expect, it } from 'vitest';
import { Peers, SILENT_MS } from './peers.ts';

describe('peers', () => {
  it('are those that are heard or seen; who is silent for ten seconds is forgotten, and new when it is heard again', () => {
    let now = 0;
    const peers = new Peers(() => now);
    expect(peers.count).toBe(1);
    peers.look(1);
    expect(peers.count).toBe(0);
    expect([peers.hear('node-one', 5), peers.hear('node-one', 6), peers.count]).toEqual(['new', 'next', 1]);
    now = SILENT_MS + 1;
    expect(peers.takeSilent()).toEqual(['node-one']);
    expect([peers.takeSilent(), peers.count, peers.hear('node-one', 7)]).toEqual([[], 0, 'new']);
    peers.look(4);
    expect(peers.count).toBe(3);
  });

  it('[N2] are heard in the order of their numbers: a gap is noticed, and what comes again is old, also after they have gone', () => {
    const peers = new Peers(() => 0);
    const hear = (nth: number) => peers.hear('node-one', nth);
    expect([3, 4, 4, 3, 6, 5, 7].map(hear)).toEqual(['new', 'next', 'old', 'old', 'gap', 'old', 'next']);
    peers.forget('node-one');
    expect([1, 7].map(hear)).toEqual(['old', 'old']);
    expect([peers.heard, hear(8), peers.heard]).toEqual([[], 'new', ['node-one']]);
  });

  it('[N2] have been met once they have said that they hear this server, until they are forgotten', () => {
    const peers = new Peers(() => 0);
    expect([peers.meet('node-one'), peers.hasMet('node-one')]).toEqual([false, false]);
    peers.hear('node-one', 1);
    expect([peers.hasMet('node-one'), peers.meet('node-one'), peers.meet('node-one')]).toEqual([false, true, false]);
    peers.hear('node-one', 2);
    expect(peers.hasMet('node-one')).toBe(true);
    peers.forget('node-one');
    peers.hear('node-one', 3);
    expect(peers.hasMet('node-one')).toBe(false);
  });

  it('remember of a thousand servers that have gone how far they were heard, and no more', () => {
    const peers = new Peers(() => 0);
    for (let nth = 0; nth < 1_100; nth += 1) {
      peers.hear(`node-${nth}`, 9);
      peers.forget(`node-${nth}`);
    }
    expect([peers.hear('node-1099', 9), peers.hear('node-100', 9), peers.hear('node-99', 9)]).toEqual([
      'old',
      'old',
      'new',
    ]);
  });
});
