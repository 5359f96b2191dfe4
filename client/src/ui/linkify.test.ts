import { describe, expect, it } from 'vitest';
import { linkify } from './linkify.ts';

const links = (text: string) => linkify(text).flatMap((piece) => (piece.type === 'link' ? [piece.text] : []));

describe('linkify', () => {
  it('loses no character', () => {
    for (const text of [
      '',
      'plain',
      'see https://a.example/b, then (http://c.example/d_(e)) or https://',
      'https://a.example\nhttps://b.example',
      '😀https://a.example😀',
    ]) {
      expect(
        linkify(text)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text);
    }
  });

  it('leaves the punctuation of the sentence outside', () => {
    expect(links('Look at https://a.example/b. And https://c.example/d?e=f!')).toEqual([
      'https://a.example/b',
      'https://c.example/d?e=f',
    ]);
    expect(links('(see https://a.example/b)')).toEqual(['https://a.example/b']);
    expect(links('https://en.wikipedia.org/wiki/Yew_(tree).')).toEqual(['https://en.wikipedia.org/wiki/Yew_(tree)']);
    expect(links('**https://a.example/b**')).toEqual(['https://a.example/b']);
  });

  it('makes links of http and https only', () => {
    expect(links('javascript:alert(1) data:text/html,x ftp://a.example mailto:a@b.example //a.example')).toEqual([]);
    expect(links('javascript:https://a.example')).toEqual(['https://a.example']);
  });

  it('takes no address that dresses up as another, and no broken one', () => {
    expect(links('https://bank.example@evil.example/')).toEqual([]);
    expect(links('http://[oops https://')).toEqual([]);
  });

  it('does not let quotes or brackets into an address', () => {
    expect(links('<a href="https://a.example/">x</a>')).toEqual(['https://a.example/']);
  });

  it('takes linear time on hostile text', () => {
    const started = performance.now();
    linkify(`https://a.example/${')'.repeat(8_000)}`);
    linkify('https://'.repeat(1_000));
    linkify(`https://a${'.,'.repeat(4_000)}`);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
