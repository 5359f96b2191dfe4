import { beforeAll, describe, expect, it } from 'vitest';

const ID = '0197aaaa-0000-7000-8000-000000000001';
let router: typeof import('./router.ts');

beforeAll(async () => {
  Object.assign(globalThis, { location: { pathname: '/' }, window: new EventTarget() });
  router = await import('./router.ts');
});

describe('the page’s addresses', () => {
  it.each([
    ['/', { type: 'list' }],
    ['/index.html', { type: 'list' }],
    [`/t/${ID}`, { type: 'tablo', id: ID, message: null }],
    [`/t/${ID}/`, { type: 'tablo', id: ID, message: null }],
    [`/t/${ID}/m/x%2Fy`, { type: 'tablo', id: ID, message: 'x/y' }],
    ['/invite/abc', { type: 'invite', code: 'abc' }],
    ['/invite/a%2Fb', { type: 'invite', code: 'a/b' }],
    ['/invite/%zz', { type: 'invite', code: '%zz' }],
  ])('the address %s leads where it says', (path, route) => {
    expect(router.parsePath(path)).toEqual(route);
  });

  it('the page’s addresses lie below the path of the page', () => {
    const parse = (path: string) => router.parsePath(path, '/team/chat/');
    expect(parse('/team/chat/')).toEqual({ type: 'list' });
    expect(parse(`/team/chat/t/${ID}`)).toEqual({ type: 'tablo', id: ID, message: null });
    for (const path of ['/', `/t/${ID}`, '/team/chatter/', '/team/chat/x'])
      expect(parse(path)).toEqual({ type: 'unknown', path });
  });

  // Another spelling of an id opens nothing.
  it.each(['/t', '/t/', '/t/0197', `/t/${ID.toUpperCase()}`, '/invite', '/invite/a/b', '/anything', '/a/b/c'])(
    '%s is an address that leads nowhere, and stays in the bar',
    (path) => {
      const route = router.parsePath(path);
      expect(route).toEqual({ type: 'unknown', path });
      expect(router.pathOf(route)).toBe(path);
    },
  );
});
