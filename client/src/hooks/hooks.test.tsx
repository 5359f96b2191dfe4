import type { TabloId } from '@tablo/schema/ids';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Writable } from '../chat/base/readable.ts';
import type { ChannelList, Chat, ConnectionState } from '../chat/chat.ts';
import { OpenChatProvider } from './chat-context.tsx';
import { useChannels } from './use-channels.ts';
import { type UseChat, useChat } from './use-chat.ts';
import { type UseChatUnread, useChatUnread } from './use-chat-unread.ts';

const KITCHEN = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;
const GARDEN = 'aaaaaaaa-0000-4000-8000-000000000002' as TabloId;

const summary = (id: TabloId, name: string, unreadCount: number) => ({
  id,
  name,
  role: 'member' as const,
  unreadCount,
  lastMessage: null,
  createdAt: 0,
  unsent: { pending: 0, refused: 0 },
  hasDraft: false,
});

const chat = {
  channels: new Writable<ChannelList>({
    status: 'ready',
    channels: [summary(KITCHEN, 'Kitchen', 3), summary(GARDEN, 'Garden', 0)],
  }),
  connection: new Writable<ConnectionState>({ status: 'online' }),
} as Partial<Chat> as Chat;

function Probe({ run }: { readonly run: () => void }) {
  run();
  return null;
}

function ListStatus() {
  return useChannels().status;
}

/** The first render, before any effect: what a hook gives while its tablo is not open yet. */
function renderHook<T>(use: () => T): T {
  let value: T | undefined;
  renderToStaticMarkup(
    <OpenChatProvider chat={chat}>
      <Probe
        run={() => {
          value = use();
        }}
      />
    </OpenChatProvider>,
  );
  return value as T;
}

describe('the hooks that host applications code against', () => {
  it('useChat has their names from the first render on', async () => {
    const value: UseChat = renderHook(() => useChat(KITCHEN));
    expect(value).toMatchObject({
      messages: [],
      isConnected: true,
      typingUsers: [],
      onlineUsers: [],
      hasMoreMessages: false,
    });
    for (const name of ['sendMessage', 'sendTyping', 'loadMoreMessages', 'markAsRead'] as const)
      expect(value[name]).toBeTypeOf('function');
    await expect(value.sendMessage('too early')).rejects.toThrow('not open yet');
    await value.loadMoreMessages();
    value.markAsRead();
  });

  it('useChatUnread counts by tablo', () => {
    const value: UseChatUnread = renderHook(() => useChatUnread());
    expect(value.unreadCounts).toEqual({ [KITCHEN]: 3 });
    expect([value.getUnreadCount(KITCHEN), value.getUnreadCount(GARDEN)]).toEqual([3, 0]);
    expect([value.hasUnread(), value.hasUnread(KITCHEN), value.hasUnread(GARDEN)]).toEqual([true, true, false]);
  });

  it('useChannels lists the tablos', () => {
    expect(renderHook(() => useChannels()).channels.map(({ name }) => name)).toEqual(['Kitchen', 'Garden']);
  });

  it('says what is missing without a provider', () => {
    expect(() => renderToStaticMarkup(<ListStatus />)).toThrow('OpenChatProvider');
  });
});
