import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStaticPage } from './static-page.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tablo-page-'));
  await mkdir(join(root, 'dist/assets'), { recursive: true });
  await writeFile(join(root, 'dist/index.html'), '<title>Tablo Chat</title>');
  await writeFile(join(root, 'dist/sw.js'), 'worker');
  await writeFile(join(root, 'dist/assets/index-abc123.js'), 'script');
  await writeFile(join(root, 'dist/.env'), 'secret');
  await writeFile(join(root, 'secret.txt'), 'secret');
});
afterAll(() => rm(root, { recursive: true, force: true }));

function serve(dist = join(root, 'dist')) {
  const page = createStaticPage(dist);
  const app = new Hono();
  app.notFound(async (context) => (await page(context)) ?? context.text('nothing', 404));
  return async (path: string, init: RequestInit = {}) => {
    const response = await app.request(path, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
}

describe('the page', () => {
  it('keeps hashed files for ever, and asks for the others again', async () => {
    const get = serve();
    const asset = await get('/assets/index-abc123.js');
    expect(asset).toMatchObject({ status: 200, text: 'script' });
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-type')).toContain('text/javascript');
    for (const path of ['/', '/index.html', '/sw.js'])
      expect((await get(path)).headers.get('cache-control')).toBe('no-cache');
    const etag = (await get('/sw.js')).headers.get('etag') ?? '';
    expect(await get('/sw.js', { headers: { 'if-none-match': etag } })).toMatchObject({ status: 304, text: '' });
  });

  it.each(['/', '/invite/abc', '/t/0197aaaa-0000-7000-8000-000000000001', '/chatter'])(
    'answers %s with index.html',
    async (path) => {
      expect(await serve()(path)).toMatchObject({ status: 200, text: '<title>Tablo Chat</title>' });
    },
  );

  it.each(['/chat/x', '/api/x', '/sync', '/yjs/x', '/metrics', '/assets/old-123.js', '/favicon.ico', '/.env'])(
    'leaves %s alone',
    async (path) => {
      expect(await serve()(path)).toMatchObject({ status: 404, text: 'nothing' });
    },
  );

  it('answers GET and HEAD only', async () => {
    expect((await serve()('/', { method: 'POST' })).status).toBe(404);
    expect((await serve()('/', { method: 'HEAD' })).status).toBe(200);
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
  ])('gives nothing outside its folder: %s', async (path) => {
    expect((await serve()(path)).text).not.toContain('secret');
  });

  it('says clearly when it has not been built', async () => {
    expect(await serve(join(root, 'nowhere'))('/')).toMatchObject({
      status: 503,
      text: expect.stringContaining('has not been built'),
    });
  });
});
