import { expect, it } from 'vitest';
import { PAGES, readPage, withTable } from './describe-config.ts';

it.each(PAGES)('$path has its table as the code has it: run `npm run docs`', (page) => {
  const text = readPage(page);
  expect(text).toBe(withTable(page, text));
  expect(text).toMatch(page.section);
});

it('the tables say what the code does', () => {
  const [readme, architecture] = PAGES.map((page) => readPage(page));
  expect(readme).toContain('| `PORT` |');
  expect(architecture).toContain('| `RATE_READS_PER_SECOND`, `RATE_READS_BURST` |');
});
