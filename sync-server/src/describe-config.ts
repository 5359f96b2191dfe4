/** `npm run docs`: writes the table of settings into the README. A test fails while the two differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeConfig } from './config.ts';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const SECTION = /(<!-- config:.*?-->\n).*?(<!-- \/config -->)/s;

export function withConfigTable(readme: string): string {
  return readme.replace(SECTION, (_, start: string, end: string) => `${start}${describeConfig()}${end}`);
}

export const readReadme = (): string => readFileSync(README, 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(README, withConfigTable(readReadme()));
