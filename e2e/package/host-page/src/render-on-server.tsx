/** What a server renders: an empty state, with no browser around. */
import { ChatChannelPreview, ChatHeader, ChatPage, ChatProvider, useChatUnread } from '@tablo/client';
import { renderToString } from 'react-dom/server';

const Badge = () => <output>{useChatUnread().total}</output>;
const tablo = { id: '00000000-0000-4000-8000-000000000000', name: 'Plans' };

process.stdout.write(
  renderToString(
    <ChatProvider serverUrl="https://chat.example.org" getToken={async () => null}>
      <Badge />
      <ChatHeader tablo={tablo} onlineUsers={[]} />
      <ChatChannelPreview tablo={tablo} isActive onClick={() => undefined} unreadCount={3} isOnline />
      <ChatPage title="Chat" />
    </ChatProvider>,
  ),
);
