import { describe, expect, it } from 'vitest';
import { Utf8Reader } from './utf8.ts';

const read = (bytes: Uint8Array, step: number): string => {
  const reader = new Utf8Reader('export.json');
  let text = '';
  for (let from = 0; from < bytes.length; from += step) text += reader.read(bytes.subarray(from, from + step));
  reader.end();
  return text;
};

describe('a file’s bytes, in pieces of any length,', () => {
  const text = '\uFEFFcafé – 漢字 🙂!';
  const latin = Buffer.concat([Buffer.from('é🙂 caf'), Buffer.from([0xe9]), Buffer.from(' au lait')]);
  for (const step of [1, 2, 3, 5, 1_000]) {
    it(`are read where they are UTF-8, and else are refused with the place (pieces of ${step})`, () => {
      expect(read(Buffer.from(text), step)).toBe(text);
      expect(() => read(latin, step)).toThrow(/^export\.json is not UTF-8: byte 11 is of no character\. Save it/);
      expect(() => read(Buffer.from('ok 🙂').subarray(0, -1), step)).toThrow(/byte 4 is of no character/);
    });
  }
});
