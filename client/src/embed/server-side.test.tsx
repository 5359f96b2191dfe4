// Where there is no window: the entry files are loaded and rendered as a host's server does.
import { renderToString } from 'react-dom/server';
import { describe, expect, it, vi } from 'vitest';
import {
  ChatChannelPreview,
  ChatHeader,
  ChatPage,
  ChatProvider,
  useChannels,
  useChat,
  useChatUnread,
  useConnection,
  usePeople,
} from '../index.ts';

const TABLO = { id: 'aaaaaaaa-0000-4000-8000-000000000001', name: 'Kitchen', color: null };

function Everything() {
  const { messages } = useChat(TABLO.id);
  const { total } = useChatUnread();
  const values = [useChannels().channels, messages, Object.keys(usePeople())].map(({ length }) => length);
  return (
    <>
      <output>{[...values, total, useConnection().status].join(' ')}</output>
      <ChatHeader tablo={TABLO} onlineUsers={['a', 'b']} />
      <ChatHeader tablo={null} onlineUsers={[]} />
      <ChatChannelPreview
        tablo={TABLO}
        isActive
        isOnline
        unreadCount={120}
        lastMessage="Hello"
        lastMessageTime={new Date(0)}
        onClick={() => undefined}
      />
      <ChatPage title="Our chat" tablos={[TABLO]} />
    </>
  );
}

describe('rendered on a host’s server', () => {
  it('everything is empty, nothing fails, and nobody is asked for a token', () => {
    expect(typeof window).toBe('undefined');
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const getToken = vi.fn(async () => null);
    const html = renderToString(
      <ChatProvider serverUrl="https://chat.example.org" getToken={getToken} locale="de" theme="dark">
        <Everything />
      </ChatProvider>,
    );
    expect(html).toContain('<output>0 0 0 0 offline</output>');
    expect(html).toContain('data-tablo-theme="dark"');
    expect(html.match(/data-tablo-theme/g)).toHaveLength(4);
    expect(html).toContain('Our chat');
    expect(html).not.toMatch(/<time|role="log"/);
    expect(getToken).not.toHaveBeenCalled();
    expect(complaints).not.toHaveBeenCalled();
  });

  it('takes boards as a host’s database has them: other fields, cycles and big numbers are not looked at, and no name is needed', () => {
    const row = { ...TABLO, color: 'teal', state: 'archived', mark: { at: new Date(0) }, position: 12n, owner: {} };
    row.owner = row;
    const html = (name: unknown) => {
      const tablo = { ...row, name } as typeof row;
      return renderToString(
        <ChatProvider serverUrl="https://chat.example.org" getToken={async () => null}>
          <ChatHeader tablo={tablo} onlineUsers={[]} />
          <ChatChannelPreview
            tablo={tablo}
            isActive={false}
            isOnline={false}
            unreadCount={0}
            onClick={() => undefined}
          />
          <ChatPage tablos={[tablo]} />
        </ChatProvider>,
      );
    };
    expect(html('Kitchen')).toContain('<bdi>Kitchen</bdi>');
    expect(html('Kitchen')).not.toContain('archived');
    // A Content-Security-Policy without inline styles would forbid it.
    expect(html('Kitchen')).not.toContain('style=');
    for (const none of [null, undefined, '', '  ', 7, {}])
      expect(html(none).match(/<bdi>Untitled tablo<\/bdi>/g), String(none)).toHaveLength(2);
  });

  it('the chat without React is loaded as well', async () => {
    expect((await import('../headless.ts')).openChatClient).toBeTypeOf('function');
  });
});
