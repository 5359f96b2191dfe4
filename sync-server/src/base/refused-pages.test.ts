import { describe, expect, it } from 'vitest';
import { RefusedPages } from './refused-pages.ts';

function setUp() {
  const lines: string[] = [];
  let now = 0;
  const log = {
    warn: (fields: object | string, message = '') => void lines.push(`${message} ${JSON.stringify(fields)}`),
  };
  const pages = new RefusedPages({ allowedOrigins: [], publicUrl: null, trustProxy: false }, log, () => now);
  return { lines, pages, wait: (ms: number) => (now += ms) };
}

describe('the log about refused pages', () => {
  it('the log about refused pages names both addresses and the setting, once in ten minutes', () => {
    const { lines, pages, wait } = setUp();
    for (let nth = 0; nth < 100; nth += 1) pages.note('http://127.0.0.1:8080', ['127.0.0.1:3000']);
    expect(lines).toHaveLength(1);
    for (const word of ['PUBLIC_URL', 'http://127.0.0.1:8080', '127.0.0.1:3000']) expect(lines[0]).toContain(word);
    wait(600_000);
    pages.note('http://127.0.0.1:8080', ['127.0.0.1:3000']);
    expect(lines).toHaveLength(2);
  });

  it('the log about refused pages is not filled by whoever sends ever other names, nor by long ones', () => {
    const { lines, pages } = setUp();
    for (let nth = 0; nth < 1_000; nth += 1) pages.note(`http://${nth}.${'x'.repeat(5_000)}`, ['y'.repeat(5_000)]);
    expect(lines).toHaveLength(20);
    for (const line of lines) expect(line.length).toBeLessThan(600);
  });
});
