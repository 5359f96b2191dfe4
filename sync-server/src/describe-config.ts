/** `npm run docs`: writes the table of settings into the README and the table of costs into docs/ARCHITECTURE.md. A test fails while they differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeConfig } from './config/config.ts';
import { describeCosts } from './costs/costs.ts';

interface Page {
  readonly path: string;
  readonly section: RegExp;
  readonly describe: () => string;
}

export const PAGES: readonly Page[] = [
  { path: pathOf('README.md'), section: sectionOf('config'), describe: describeConfig },
  { path: pathOf('docs/ARCHITECTURE.md'), section: sectionOf('costs'), describe: describeCosts },
];

export function readPage({ path }: Page): string {
  return readFileSync(path, 'utf8');
}

export function withTable({ section, describe }: Page, text: string): string {
  return text.replace(section, (_, start: string, end: string) => `${start}${describe()}${end}`);
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}

function sectionOf(name: string): RegExp {
  return new RegExp(`(<!-- ${name}:.*?-->\\n).*?(<!-- /${name} -->)`, 's');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const page of PAGES) writeFileSync(page.path, withTable(page, readPage(page)));
