import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Writable } from '../chat/base/readable.ts';
import type { ChannelList, Chat, ConnectionState, RoomHandle, RoomNames } from '../chat/chat.ts';
import { ChatSlot } from '../embed/chat-slot.ts';
import { createChatCommands } from './chat-commands.ts';
import { type ChatAccess, OpenChatProvider } from './chat-context.tsx';
import { MessageReader } from './chat-message.ts';
import { useChannels } from './use-channels.ts';
import { useChat } from './use-chat.ts';
import { useChatUnread } from './use-chat-unread.ts';
import { useConnection } from './use-connection.ts';
import { usePeople } from './use-people.ts';

const KITCHEN = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;
const GARDEN = 'aaaaaaaa-0000-4000-8000-000000000002' as TabloId;
const ADA = '00000000-0000-4000-8000-00000000000a' as UserId;

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
  user: { id: ADA, name: 'Ada', email: null },
  channels: new Writable<ChannelList>({
    status: 'ready',
    channels: [summary(KITCHEN, 'Kitchen', 3), summary(GARDEN, 'Garden', 0)],
  }),
  connection: new Writable<ConnectionState>({ status: 'online' }),
  people: new Writable({ names: new Map([['x' as UserId, 'Xenia']]) }),
} as Partial<Chat> as Chat;

function Probe({ run }: { readonly run: () => void }) {
  run();
  return null;
}

/** The first render, before any effect: what a hook gives while its tablo is not open yet. */
function renderHook<T>(use: () => T, here: Chat | null = chat): T {
  let value: T | undefined;
  const probe: ReactNode = (
    <Probe
      run={() => {
        value = use();
      }}
    />
  );
  renderToStaticMarkup(<OpenChatProvider chat={here}>{probe}</OpenChatProvider>);
  return value as T;
}

describe('the hooks that host applications code against', () => {
  it('useChat has their names and empty values from the first render on', () => {
    const value = renderHook(() => useChat(KITCHEN));
    expect(value).toMatchObject({
      messages: [],
      isConnected: true,
      typingUsers: [],
      onlineUsers: [],
      hasMoreMessages: false,
      userId: ADA,
    });
    for (const name of ['sendMessage', 'sendTyping', 'loadMoreMessages', 'markAsRead'] as const)
      expect(value[name]).toBeTypeOf('function');
  });

  it('useChat gives empty values without a channel, and sends nothing', async () => {
    for (const none of [undefined, null, '', 'not-a-uuid', KITCHEN.toUpperCase()]) {
      const value = renderHook(() => useChat(none));
      expect(value).toMatchObject({ messages: [], isConnected: false, isLoading: false });
      expect(await value.sendMessage('nowhere')).toBeNull();
      await value.loadMoreMessages();
      value.sendTyping();
      value.markAsRead();
    }
  });

  it('all of them give empty values without a user', async () => {
    expect(renderHook(() => useChannels(), null).channels).toEqual([]);
    expect(renderHook(() => useConnection(), null).status).toBe('offline');
    expect(renderHook(() => usePeople(), null)).toEqual({});
    const unread = renderHook(() => useChatUnread(), null);
    expect(unread).toMatchObject({ unreadCounts: [], total: 0 });
    expect([unread.getUnreadCount(KITCHEN), unread.hasUnread()]).toEqual([0, false]);
    const value = renderHook(() => useChat(KITCHEN), null);
    expect(value).toMatchObject({ messages: [], isConnected: false, userId: null });
    expect(await value.sendMessage('to nobody')).toBeNull();
  });

  it('useChatUnread counts by tablo', () => {
    const value = renderHook(() => useChatUnread());
    expect(value.unreadCounts).toEqual([{ channel_id: KITCHEN, unread_count: 3 }]);
    expect([value.getUnreadCount(KITCHEN), value.getUnreadCount(GARDEN), value.total]).toEqual([3, 0, 3]);
    expect([value.hasUnread(), value.hasUnread(KITCHEN), value.hasUnread(GARDEN)]).toEqual([true, true, false]);
  });

  it('useChannels lists the tablos, usePeople names everybody of whom this device has heard', () => {
    expect(renderHook(() => useChannels()).channels.map(({ name }) => name)).toEqual(['Kitchen', 'Garden']);
    expect(renderHook(() => usePeople())).toEqual({ x: { id: 'x', name: 'Xenia' }, [ADA]: { id: ADA, name: 'Ada' } });
  });

  it('the hooks that host applications code against say what is missing without a provider', () => {
    const probe = <Probe run={() => useChannels()} />;
    expect(() => renderToStaticMarkup(probe)).toThrow('ChatProvider');
  });
});

describe('what a page says before its room is open', () => {
  it('[R8] a message that is sent before its room is open waits for the chat, and is sent then, in order; the room is let go', async () => {
    let open: (chat: Chat) => void = () => undefined;
    const access: ChatAccess = {
      chat: null,
      whenOpen: () =>
        new Promise((resolve) => {
          const before = open;
          open = (one) => {
            before(one);
            resolve(one);
          };
        }),
    };
    const log: string[] = [];
    const room = {
      send: async (text: string, replyTo?: EntryId) => {
        log.push(`${text} > ${replyTo}`);
        return `id of ${text}` as EntryId;
      },
      release: () => void log.push('release'),
    } as Partial<RoomHandle> as RoomHandle;
    const { sendMessage } = createChatCommands(access, KITCHEN);
    const sent = Promise.all([sendMessage('one'), sendMessage('two', 'other')]);
    open({ openRoom: () => room } as Partial<Chat> as Chat);
    expect(await sent).toEqual(['id of one', 'id of two']);
    expect(log).toEqual(['one > undefined', 'two > other', 'release', 'release']);
  });
});

describe('the draft of a host application’s field', () => {
  function setUp() {
    const log: string[] = [];
    const room = {
      setDraft: (text: string) => void log.push(`draft ${text}`),
      send: async (text: string) => {
        log.push(`send ${text}`);
        return 'id' as EntryId;
      },
      release: () => undefined,
    } as Partial<RoomHandle> as RoomHandle;
    const slot = new ChatSlot();
    const open = () => slot.settle({ openRoom: () => room } as Partial<Chat> as Chat);
    return { slot, open, log, ...createChatCommands(slot, KITCHEN) };
  }

  it('is there when setDraft returns, and a message that is sent right after is not overtaken by what is typed next', async () => {
    const { open, log, setDraft, sendMessage } = setUp();
    open();
    setDraft('Soup');
    expect(log).toEqual(['draft Soup']);
    const sent = sendMessage('Soup');
    setDraft('');
    setDraft('N');
    await sent;
    expect(log).toEqual(['draft Soup', 'send Soup', 'draft ', 'draft N']);
  });

  it('typed before the chat is open is not overtaken by what is typed when it has just opened', async () => {
    const { open, log, setDraft } = setUp();
    setDraft('S');
    setDraft('So');
    open();
    setDraft('Sou');
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(log).toEqual(['draft S', 'draft So', 'draft Sou']);
    setDraft('Soup');
    expect(log.at(-1)).toBe('draft Soup');
  });

  it('typed while nobody is signed in reaches nobody', async () => {
    const { slot, open, log, setDraft } = setUp();
    setDraft('of nobody');
    slot.settle(null);
    await slot.whenOpen();
    slot.await();
    await new Promise((resolve) => setTimeout(resolve, 0));
    setDraft('of Ada');
    open();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(log).toEqual(['draft of Ada']);
  });
});

describe('messages as host applications see them', () => {
  const named = (name: string): RoomNames => ({
    of: () => ({ name, mark: null, short: name, isNamed: true, hasLeft: false }),
  });
  const message = (over: Partial<TimelineMessage>): TimelineMessage => ({
    id: 'm1' as EntryId,
    author: ADA,
    text: 'Hello',
    sentAt: 0,
    shownAt: 1_000,
    replyTo: null,
    editedAt: null,
    isDeleted: false,
    reactions: [],
    delivery: { status: 'sent' },
    unsentChanges: [],
    ...over,
  });

  it('messages as host applications see them have the fields of the contract, and nothing that could be written to reaches the chat’s own', () => {
    const reactions = [{ emoji: '👍', users: [ADA] }];
    const [read] = new MessageReader(KITCHEN).readAll(
      [message({ reactions, editedAt: 2_000, delivery: { status: 'pending' } })],
      named('Ada'),
      false,
    );
    expect(read).toEqual({
      id: 'm1',
      channelId: KITCHEN,
      userId: ADA,
      userName: 'Ada',
      text: 'Hello',
      createdAt: '1970-01-01T00:00:01.000Z',
      updatedAt: '1970-01-01T00:00:02.000Z',
      isDeleted: false,
      replyTo: null,
      reactions: [{ emoji: '👍', userIds: [ADA] }],
      mentions: [],
      clientId: 'm1',
      optimistic: true,
      status: 'pending',
      reason: null,
      reasonCode: null,
    });
    read?.reactions[0]?.userIds.pop();
    expect(reactions[0]?.users).toEqual([ADA]);
  });

  it('messages as host applications see them are the same objects as long as nothing of them changes', () => {
    const reader = new MessageReader(KITCHEN);
    const [one, two] = [message({}), message({ id: 'm2' as EntryId })];
    const before = reader.readAll([one, two], named('Ada'), false);
    const after = reader.readAll([one, { ...two, text: 'Changed' }], named('Ada'), false);
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([true, false]);
    expect(reader.readAll([one], named('Ada L.'), false)[0]?.userName).toBe('Ada L.');
  });

  it('messages as host applications see them leave deleted ones out unless they are wanted, and say why one was refused', () => {
    const refusal = { code: 'read-only', message: 'Guests cannot write.' } as const;
    const all = [
      message({ isDeleted: true, text: '' }),
      message({ id: 'm2' as EntryId, delivery: { status: 'refused', refusal } }),
    ];
    const reader = new MessageReader(KITCHEN);
    expect(reader.readAll(all, named('Ada'), false)).toMatchObject([
      { id: 'm2', status: 'refused', optimistic: false, reason: 'Guests cannot write.', reasonCode: 'read-only' },
    ]);
    expect(reader.readAll(all, named('Ada'), true).map(({ isDeleted }) => isDeleted)).toEqual([true, false]);
  });
});
