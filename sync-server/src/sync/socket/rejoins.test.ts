import { describe, expect, it } from 'vitest';
import { FRAME } from './frames/frame-types.ts';
import { Rejoins } from './rejoins.ts';

const frame = (nth: number) => Uint8Array.of(nth);

describe('a document that is left and joined again on one socket', () => {
  it('a document that is left and joined again on one socket holds what comes after a farewell until that has been carried out', () => {
    const rejoins = new Rejoins();
    expect(rejoins.sort('a', FRAME.close, frame(1), 'joined')).toBe('pass');
    expect(rejoins.sort('a', FRAME.awareness, frame(2), 'joined')).toBe('drop');
    expect(rejoins.sort('a', FRAME.auth, frame(3), 'joined')).toBe('keep');
    expect(rejoins.sort('a', FRAME.sync, frame(4), 'joined')).toBe('keep');
    expect(rejoins.sort('b', FRAME.auth, frame(5), 'none')).toBe('pass');
    rejoins.noteLeft('a');
    // Before the turn in which the held frames are handled.
    expect(rejoins.sort('a', FRAME.sync, frame(6), 'none')).toBe('keep');
    expect(rejoins.takeHeld('a')).toEqual([frame(3), frame(4), frame(6)]);
    expect(rejoins.sort('a', FRAME.auth, frame(3), 'none')).toBe('pass');
  });

  it('a document that is left and joined again on one socket drops what is still said after a denial, until the next token', () => {
    const rejoins = new Rejoins();
    rejoins.sort('a', FRAME.auth, frame(1), 'none');
    rejoins.noteLeft('a');
    expect(rejoins.takeHeld('a')).toEqual([]);
    for (const type of [FRAME.sync, FRAME.awareness, FRAME.close])
      expect(rejoins.sort('a', type, frame(2), 'none')).toBe('drop');
    expect(rejoins.sort('a', FRAME.auth, frame(3), 'none')).toBe('pass');
    expect(rejoins.sort('a', FRAME.sync, frame(4), 'joining')).toBe('pass');
  });

  it('a document that is left and joined again on one socket handles a second token again only if the first one is denied', () => {
    const denied = new Rejoins();
    const joined = new Rejoins();
    for (const rejoins of [denied, joined]) {
      rejoins.sort('a', FRAME.auth, frame(1), 'none');
      expect(rejoins.sort('a', FRAME.auth, frame(2), 'joining')).toBe('pass');
      expect(rejoins.sort('a', FRAME.sync, frame(3), 'joining')).toBe('pass');
    }
    denied.noteLeft('a');
    expect(denied.takeHeld('a')).toEqual([frame(2), frame(3)]);
    joined.noteJoined('a');
    expect(joined.takeHeld('a')).toEqual([]);
    const same = new Rejoins();
    for (let nth = 0; nth < 3; nth += 1) same.sort('a', FRAME.auth, frame(1), nth === 0 ? 'none' : 'joining');
    same.noteLeft('a');
    expect(same.takeHeld('a')).toEqual([]);
  });

  it('a document that is left and joined again on one socket lets frames pass that come before a first token, which may be on its way', () => {
    expect(new Rejoins().sort('a', FRAME.sync, frame(1), 'none')).toBe('pass');
  });

  it('a document that is left and joined again on one socket remembers a bounded number of names', () => {
    const rejoins = new Rejoins();
    for (let nth = 0; nth < 3_000; nth += 1) rejoins.noteLeft(`document ${nth}`);
    expect(rejoins.sort('document 0', FRAME.sync, frame(1), 'none')).toBe('pass');
    expect(rejoins.sort('document 2999', FRAME.sync, frame(1), 'none')).toBe('drop');
  });
});
