import { expect, it } from 'vitest';
import { quietConsole } from './quiet-console.ts';

it('the quiet console writes ten lines a minute of what libraries print, cut, and says how many more there were', () => {
  const lines: [object | string, string | undefined][] = [];
  const write = (fields: object | string, message?: string) => void lines.push([fields, message]);
  const target = { log() {}, info() {}, warn() {}, error() {} };
  let now = 0;
  quietConsole({ debug: write, info: write, warn: write, error: write }, target, () => now);
  const print: (...values: unknown[]) => void = target.error;
  for (let nth = 0; nth < 1_000; nth += 1) print('frame', new Error('x'.repeat(10_000)));
  expect(lines).toHaveLength(10);
  expect(JSON.stringify(lines[0]).length).toBeLessThan(700);
  now = 61_000;
  print('again');
  expect(lines.slice(10)).toEqual([
    [{ lines: 990 }, 'A library printed more lines.'],
    [{ printed: 'again' }, 'A library printed a line.'],
  ]);
});
