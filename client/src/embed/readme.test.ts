import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');

it('README’s page with chatscope is the one that the browser tests run', () => {
  const page = read('testing/host-page/team-chat.tsx').replace('../../../index.ts', '@tablo/client');
  expect(read('../../../README.md')).toContain(`\`\`\`tsx\n${page}\`\`\``);
});
