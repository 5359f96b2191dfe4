import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import { Application } from './testing/package-sample.tsx';

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');

it('README’s page with chatscope is the one that the browser tests run', () => {
  const page = read('testing/host-page/team-chat.tsx').replace('../../../index.ts', '@tablo/client');
  expect(read('../../../README.md')).toContain(`\`\`\`tsx\n${page}\`\`\``);
});

it('The README of the package shows a page that the types allow, and that renders', () => {
  const page = read('testing/package-sample.tsx')
    .replace('../../index.ts', '@tablo/client')
    .replace('../../ui/styles.ts', '@tablo/client/styles.css');
  expect(read('../../package/README.md')).toContain(`\`\`\`tsx\n${page}\`\`\``);
  expect(renderToString(createElement(Application))).toContain('>Chat</h2>');
});
