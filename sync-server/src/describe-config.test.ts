import { expect, it } from 'vitest';
import { readReadme, withConfigTable } from './describe-config.ts';

it('the README has the table of settings as the code has it: run `npm run docs`', () => {
  expect(readReadme()).toBe(withConfigTable(readReadme()));
  expect(readReadme()).toContain('| `PORT` |');
});
