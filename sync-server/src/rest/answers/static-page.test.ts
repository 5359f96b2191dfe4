import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStaticPage, type PageAnswer, type StaticPage } from './static-page.ts';

const INDEX =
  '<title>Tablo Chat</title><script src="/assets/index-abc123.js"></script><a href="//elsewhere.example/">x</a>';
const WORKER = 'allowlist:[/^\\/(t\\/.*|invite\\/.*|index\\.html)?(\\?|$)/]';
const STYLE = 'body { color: black }\n'.repeat(100);
const LARGE = Array.from({ length: 20_000 }, (_, nth) => `word${(nth * 7_919) % 10_007} `).join('');

let root: string;
let page: StaticPage;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tablo-page-'));
  await mkdir(join(root, 'dist/assets'), { recursive: true });
  await writeFile(join(root, 'dist/index.html'), INDEX);
  await writeFile(join(root, 'dist/sw.js'), WORKER);
  await writeFile(join(root, 'dist/assets/index-abc123.js'), 'script');
  await writeFile(join(root, 'dist/assets/index-abc123.js.map'), 'what it was made of');
  await writeFile(join(root, 'dist/assets/index-abc123.css'), STYLE);
  await writeFile(join(root, 'dist/assets/large.js'), LARGE);
  await writeFile(join(root, 'dist/.env'), 'secret');
  await writeFile(join(root, 'secret.txt'), 'secret');
  page = openStaticPage(join(root, 'dist'));
  await page.compressed;
});
afterAll(() => rm(root, { recursive: true, force: true }));

const get = (url: string, headers: Record<string, string> = {}, method = 'GET'): PageAnswer | null =>
  page.answer({ url, headers, method });
const textOf = (answer: PageAnswer | null): string => answer?.body?.toString() ?? '';

describe('the page', () => {
  it('the page keeps hashed files for ever, and asks for the others again', () => {
    const asset = get('/assets/index-abc123.js');
    expect([asset?.status, textOf(asset)]).toEqual([200, 'script']);
    expect(asset?.headers).toMatchObject({
      'Cache-Control': 'public, max-age=31536000, immutable',
      'Content-Type': expect.stringContaining('text/javascript'),
    });
    for (const path of ['/', '/index.html', '/sw.js']) expect(get(path)?.headers['Cache-Control']).toBe('no-cache');
    const etag = get('/sw.js')?.headers['ETag'] ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
      expect(get('/sw.js', { 'if-none-match': known })).toMatchObject({ status: 304, body: null });
    expect(get('/sw.js', { 'if-none-match': '"other"' })?.status).toBe(200);
  });

  it('[R11] the page is in memory: every answer is one and the same buffer, and files that change meanwhile change nothing', async () => {
    const before = get('/assets/index-abc123.js');
    await writeFile(join(root, 'dist/assets/index-abc123.js'), 'something else');
    expect(get('/assets/index-abc123.js')?.body).toBe(before?.body);
    const asked = { 'accept-encoding': 'gzip, br' };
    expect(get('/assets/index-abc123.css', asked)?.body).toBe(get('/assets/index-abc123.css', asked)?.body);
  });

  it('the page has compressed forms, made once: brotli where it is taken, else gzip, else as it is', () => {
    const path = '/assets/index-abc123.css';
    const br = get(path, { 'accept-encoding': 'gzip, deflate, br, zstd' });
    expect(br?.headers).toMatchObject({ 'Content-Encoding': 'br', Vary: 'Accept-Encoding' });
    expect(brotliDecompressSync(br?.body ?? Buffer.alloc(0)).toString()).toBe(STYLE);
    const gzipped = get(path, { 'accept-encoding': 'gzip, br;q=0' });
    expect(gzipped?.headers['Content-Encoding']).toBe('gzip');
    expect(gunzipSync(gzipped?.body ?? Buffer.alloc(0)).toString()).toBe(STYLE);
    const plain = get(path);
    expect([plain?.headers['Content-Encoding'], plain?.headers['Vary'], textOf(plain)]).toEqual([
      undefined,
      'Accept-Encoding',
      STYLE,
    ]);
    expect(br?.headers['Content-Length']).toBe(String(br?.body?.byteLength));
    const tags = [br, gzipped, plain].map((answer) => answer?.headers['ETag'] ?? '');
    expect(new Set(tags).size).toBe(3);
    for (const tag of tags) expect(get(path, { 'if-none-match': tag })?.status).toBe(304);
  });

  it('[R11] the page compresses a large file with the best quality once, when somebody takes it', async () => {
    const ask = () => get('/assets/large.js', { 'accept-encoding': 'br' });
    const first = ask();
    const bytes = first?.body?.byteLength ?? 0;
    for (let nth = 0; nth < 100; nth += 1) ask();
    await vi.waitFor(() => expect(ask()?.body?.byteLength).toBeLessThan(bytes), { timeout: 10_000, interval: 10 });
    expect(brotliDecompressSync(ask()?.body ?? Buffer.alloc(0)).toString()).toBe(LARGE);
    expect(ask()?.body).toBe(ask()?.body);
  });

  it.each([
    '/',
    '/chat/',
    '/invite/abc',
    '/t/0197aaaa-0000-7000-8000-000000000001',
    '/chatter',
    '/?a=b',
    'http://elsewhere/',
  ])('the page answers %s with index.html', (path) => {
    expect(textOf(get(path))).toBe(INDEX);
  });

  it('the page is built for the root, and names its files below the path where people open it', async () => {
    const below = openStaticPage(join(root, 'dist'), '/team/chat.v2');
    await below.compressed;
    const at = (url: string) => textOf(below.answer({ url, headers: {}, method: 'GET' }));
    for (const path of ['/', '/t/0197aaaa-0000-7000-8000-000000000001']) {
      expect(at(path)).toContain('<script src="/team/chat.v2/assets/index-abc123.js">');
      expect(at(path)).toContain('href="//elsewhere.example/"');
    }
    const [, pattern = ''] = /\/(.*)\/\]$/.exec(at('/sw.js')) ?? [];
    const isPage = (path: string) => new RegExp(pattern).test(path);
    expect(['/team/chat.v2/', '/team/chat.v2/?a=b', '/team/chat.v2/t/x', '/team/chat.v2/invite/x'].every(isPage)).toBe(
      true,
    );
    expect(['/', '/t/x', '/team/chat-v2/', '/team/chat.v2/docs', '/team/chat.v2/chat/channels'].some(isPage)).toBe(
      false,
    );
    expect(textOf(get('/sw.js'))).toBe(WORKER);
  });

  it.each([
    '/chat/x',
    '/api/x',
    '/sync',
    '/yjs/x',
    '/metrics',
    '/assets/old-123.js',
    '/favicon.ico',
    '/.env',
    '/assets/index-abc123.js.map',
    '/assets/__proto__.js',
  ])('the page leaves %s alone', (path) => {
    expect(get(path)).toBeNull();
  });

  it('the page answers GET and HEAD only, and HEAD with the length of what it leaves out', () => {
    expect(get('/', {}, 'POST')).toBeNull();
    expect(get('/sw.js', {}, 'HEAD')).toMatchObject({
      status: 200,
      body: null,
      headers: { 'Content-Length': String(WORKER.length) },
    });
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/assets/%2e%2e%2f.env',
    '/%00',
    '/secret.txt%00.html',
    '/%zz',
  ])('the page gives nothing outside its folder: %s', (path) => {
    expect(textOf(get(path))).not.toContain('secret');
  });

  it('the page says clearly when it has not been built', () => {
    const answer = openStaticPage(join(root, 'nowhere')).answer({ url: '/', headers: {}, method: 'GET' });
    expect(answer).toMatchObject({ status: 503 });
    expect(textOf(answer)).toContain('has not been built');
  });
});
