import { describe, expect, it } from 'vitest';
import { createPathStripper, createSlashAdder, isUsablePath, publicPathOf } from './public-path.ts';

describe('the server below a path', () => {
  it.each([null, 'https://chat.example'])('is at the root with PUBLIC_URL=%s', (publicUrl) => {
    expect(publicPathOf(publicUrl)).toBe('');
    expect(createPathStripper('')('/chat/channels')).toBe('/chat/channels');
    expect(createSlashAdder('')('/')).toBe(null);
  });

  const strip = createPathStripper(publicPathOf('https://app.example/chat/'));

  it.each([
    ['/chat/', '/'],
    ['/chat/?a=b', '/?a=b'],
    ['/chat/t/x', '/t/x'],
    ['/chat/chat/channels?after=x', '/chat/channels?after=x'],
    ['/chat/chat', '/chat'],
    ['/chat/api/config', '/api/config'],
    ['/chat/sync', '/sync'],
    ['/chat/yjs/x?token=y', '/yjs/x?token=y'],
    ['/chat/docs', '/docs'],
    ['/chat/anything', '/anything'],
  ])('the server below a path takes %s for %s', (given, meant) => {
    expect(strip(given)).toBe(meant);
  });

  it.each([
    ...['/', '/t/x', '/sync', '/api/config', '/chatter/', '/chat'],
    ...['/chat/channels', '/chat/channels?after=x', '/chat/channels/x/messages', '/chat/unread?ids=true'],
    ...['/chat/invites/x/accept', '/chat/invitations', '/chat/drafts', '/chat/people?of=x'],
  ])('the server below a path leaves %s as it is: a proxy took the path off, or nobody added it', (given) => {
    expect(strip(given)).toBe(given);
  });

  it('the server below a path leads the path without its slash to the one with it, whatever is asked there', () => {
    const addSlash = createSlashAdder('/chat');
    expect(['/chat', '/chat?a=b', '/chat/', '/', '/chatter'].map(addSlash)).toEqual([
      ...['/chat/', '/chat/?a=b'],
      ...[null, null, null],
    ]);
  });

  it('the server below a path cannot be below what its own addresses begin with', () => {
    for (const path of ['', '/chat', '/chat/two', '/team-a/chat.v2', '/~ann', '/apis'])
      expect(isUsablePath(path)).toBe(true);
    for (const path of [
      '/api',
      '/t',
      '/t/x',
      '/sync',
      '/assets/x',
      '/chat/channels',
      '/a b',
      '/a//b',
      '/a%20b',
      '/a;b',
    ])
      expect([path, isUsablePath(path)]).toEqual([path, false]);
  });
});
