import { describe, expect, it } from 'vitest';
import { linkify } from './linkify.ts';

const links = (text: string) => linkify(text).flatMap((piece) => (piece.type === 'link' ? [piece.text] : []));

describe('linkify', () => {
  it('linkify loses no character', () => {
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

  it('linkify leaves the punctuation of the sentence outside', () => {
    expect(links('Look at https://a.example/b. And https://c.example/d?e=f!')).toEqual([
      'https://a.example/b',
      'https://c.example/d?e=f',
    ]);
    expect(links('(see https://a.example/b)')).toEqual(['https://a.example/b']);
    expect(links('https://en.wikipedia.org/wiki/Yew_(tree).')).toEqual(['https://en.wikipedia.org/wiki/Yew_(tree)']);
    expect(links('**https://a.example/b**')).toEqual(['https://a.example/b']);
  });

  it('linkify makes no links of other schemes', () => {
    expect(links('javascript:alert(1) data:text/html,x ftp://a.example mailto:a@b.example //a.example')).toEqual([]);
    expect(links('javascript:https://a.example')).toEqual(['https://a.example']);
  });

  it('linkify takes no address that dresses up as another, and no broken one', () => {
    expect(links('https://bank.example@evil.example/')).toEqual([]);
    expect(links('http://[oops https://')).toEqual([]);
  });

  it('linkify does not let quotes or brackets into an address', () => {
    expect(links('<a href="https://a.example/">x</a>')).toEqual(['https://a.example/']);
  });

  it.each([
    // Full-width punctuation, and languages without blanks.
    ['请看https://a.example/b。谢谢', 'https://a.example/b'],
    ['（https://a.example/b）', 'https://a.example/b'],
    ['「https://a.example/b」、', 'https://a.example/b'],
    ['https://a.example/b，https://c.example', 'https://a.example/b https://c.example'],
    ['网址：https://a.example/b！', 'https://a.example/b'],
    ['« https://a.example/b »', 'https://a.example/b'],
    ['“https://a.example/b”…', 'https://a.example/b'],
    ['https://ja.example/wiki/東京', 'https://ja.example/wiki/東京'],
    // Apostrophes.
    ["https://fr.example/L'Étranger is", "https://fr.example/L'Étranger"],
    ["it is 'https://a.example/b', he said", 'https://a.example/b'],
    ['‘https://a.example/b’', 'https://a.example/b'],
    // Underscores and stars are emphasis around an address, and letters in it.
    ['_https://a.example/b_', 'https://a.example/b'],
    ['__https://a.example/b_c__', 'https://a.example/b_c'],
    ['https://a.example/_b_/c', 'https://a.example/_b_/c'],
    // Of longer words and schemes, nothing.
    ['xhttps://a.example', ''],
    ['git+https://a.example', ''],
    // What cannot be seen does not hide in an address.
    ['https://a.example/\u202Egnp.exe', 'https://a.example/'],
    ['https://a.example\u200B/b', 'https://a.example'],
  ])('linkify finds in %j the web addresses "%s"', (text, expected) => {
    expect(links(text).join(' ')).toBe(expected);
  });

  it.each([
    ['www.example.org', 'https://www.example.org/'],
    ['(www.example.org/a_(b)), ok', 'https://www.example.org/a_(b)'],
    ['WWW.Example.org.', 'https://www.example.org/'],
    ['看www.example.org。', 'https://www.example.org/'],
    ['_www.example.org_', 'https://www.example.org/'],
    ['www.example.org:8080/x?y#z', 'https://www.example.org:8080/x?y#z'],
    ['www.', ''],
    ['www.example', ''],
    ['www..org', ''],
    ['awww.example.org', ''],
    ['ftp://www.example.org', ''],
    ['ann@www.example.org', 'mailto:ann@www.example.org'],
    ['www.bank.example@evil.example', ''],
    ['https://a.example/www.example.org', 'https://a.example/www.example.org'],
    ['Write to ann@example.org.', 'mailto:ann@example.org'],
    ['<ann.lee+list@mail.example.co.uk>', 'mailto:ann.lee%2Blist@mail.example.co.uk'],
    ["o'brien@example.org", "mailto:o'brien@example.org"],
    ["'ann@example.org'", 'mailto:ann@example.org'],
    ['o’brien@example.org', ''],
    ['_ann_b@example.org_', 'mailto:ann_b@example.org'],
    ['请联系ann@example.org。', 'mailto:ann@example.org'],
    ['请联系ann@example.org谢谢', 'mailto:ann@example.org'],
    ['邮箱：ann@example.org', 'mailto:ann@example.org'],
    ['jörg@example.org', ''],
    ['git@host.example:team/project.git', ''],
    ['user:secret@host.example', ''],
    ['@ann ann@ ann@localhost ann@-.example', ''],
    ['ann@example.org@evil.example', ''],
    ['https://a.example/?to=ann@example.org', 'https://a.example/?to=ann@example.org'],
  ])('linkify gives %j the address "%s"', (text, href) => {
    expect(
      linkify(text)
        .flatMap((piece) => (piece.type === 'link' ? [piece.href] : []))
        .join(' '),
    ).toBe(href);
    expect(
      linkify(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
  });

  it('linkify takes linear time on hostile text', () => {
    const started = performance.now();
    linkify(`https://a.example/${')'.repeat(8_000)}`);
    linkify('https://'.repeat(1_000));
    linkify(`https://a${'.,'.repeat(4_000)}`);
    linkify(`${'a_'.repeat(32)}@${'a-'.repeat(31)}`.repeat(64));
    linkify(`a@${'a.'.repeat(4_000)}`);
    linkify(`a@${'a-'.repeat(4_000)}`);
    linkify('www.'.repeat(2_000));
    expect(performance.now() - started).toBeLessThan(500);
  });
});
