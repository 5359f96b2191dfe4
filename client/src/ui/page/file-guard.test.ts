import { describe, expect, it } from 'vitest';
import { hasOwnText } from './file-guard.ts';

describe('what comes with files', () => {
  it.each([
    ['', ['a.png']],
    ['  \n', ['a.png']],
    ['a.png', ['a.png']],
    ['a.png\r\nb c.pdf\r\n', ['a.png', 'b c.pdf']],
    ['/home/ann/My pictures/a.png', ['a.png']],
    ['file:///home/ann/My%20pictures/b%20c.pdf', ['b c.pdf']],
    ['file:///home/%E0%A4%A/a.png', ['a.png']],
    ['C:\\Users\\Ann\\a.png', ['a.png']],
  ])('the text %j is only what the files are called', (text, names) => {
    expect(hasOwnText(text, names)).toBe(false);
  });

  it.each([
    ['The minutes of the meeting', ['image.png']],
    ['a.png is the right one', ['a.png']],
    ['a.png\nand a word', ['a.png']],
    ['See https://example.org/b.png', ['image.png']],
  ])('the text %j is text of its own, and goes where it was meant to go', (text, names) => {
    expect(hasOwnText(text, names)).toBe(true);
  });
});
