/** What a host writes with the package, under its own strict types. */
import {
  ChatChannelPreview,
  ChatHeader,
  type ChatMessage,
  ChatPage,
  ChatProvider,
  useChannels,
  useChat,
  useChatUnread,
  useConnection,
  usePeople,
} from '@tablo/client';
import { type ChatClient, openChatClient } from '@tablo/client/headless';
import '@tablo/client/styles.css';
import { StrictMode, version } from 'react';
import { createRoot } from 'react-dom/client';

function Badge(): React.JSX.Element {
  const { unreadCounts, getUnreadCount, hasUnread, total } = useChatUnread();
  const counts: { channel_id: string; unread_count: number }[] = unreadCounts;
  const [first] = counts;
  const has: boolean = hasUnread() || hasUnread('a channel of the host');
  return (
    <output aria-label="Unread" data-has={has}>
      {total === 0 || first === undefined ? 0 : getUnreadCount(first.channel_id)}
    </output>
  );
}

function Conversation({ channelId }: { channelId: string }): React.JSX.Element {
  const chat = useChat(channelId);
  const messages: ChatMessage[] = chat.messages;
  const online: string[] = chat.onlineUsers;
  const connection = useConnection();
  usePeople();
  useChannels();
  const createdAt: string | undefined = messages[0]?.createdAt;
  return (
    <section aria-label="Hooks" data-react={version} data-online={online.length} data-first={createdAt}>
      <p data-connected={chat.isConnected}>{connection.status}</p>
      <ol>
        {messages.map((message) => (
          <li key={message.id} data-status={message.status}>
            {message.text}
          </li>
        ))}
      </ol>
      <button type="button" onClick={() => void chat.sendMessage('by the hook').then((sent) => sent?.valueOf())}>
        Say it
      </button>
    </section>
  );
}

export function showChat(serverUrl: string, token: string, channelId: string): void {
  const place = document.getElementById('chat');
  if (place === null) throw new Error('no #chat');
  const tablo = { id: channelId, name: 'Plans', color: null, image: null };
  createRoot(place).render(
    <StrictMode>
      <ChatProvider
        serverUrl={serverUrl}
        getToken={async () => token}
        onError={(error) => document.body.setAttribute('data-error', String(error))}
      >
        <Badge />
        <Conversation channelId={channelId} />
        <ChatHeader tablo={tablo} onlineUsers={[]} />
        <ChatChannelPreview tablo={tablo} isActive onClick={() => undefined} unreadCount={0} isOnline={false} />
        <ChatPage channelId={channelId} onChannelSelect={() => undefined} title="Chat" />
      </ChatProvider>
    </StrictMode>,
  );
}

/** Used by nobody: its types are the test. */
export async function withoutReact(baseUrl: string, userId: string): Promise<ChatClient> {
  const user = { id: userId, name: 'Ann', email: null };
  const client = await openChatClient({ baseUrl, user, tokens: { getToken: async () => null } });
  client.openRoom('a tablo of the host');
  return client;
}
