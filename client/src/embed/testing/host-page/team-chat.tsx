import { ChatContainer, MainContainer, Message, MessageInput, MessageList } from '@chatscope/chat-ui-kit-react';
import { useChat, useChatUnread } from '../../../index.ts';

export function TeamChat({ channelId }: { channelId: string | undefined }) {
  const { messages, sendMessage, sendTyping, typingUsers, people, userId, loadMoreMessages, markAsRead } =
    useChat(channelId);
  const { total } = useChatUnread();
  const typing = typingUsers.map((id) => people[id]?.name ?? 'Someone').join(', ');

  return (
    <MainContainer>
      <ChatContainer>
        <MessageList onYReachStart={loadMoreMessages} typingIndicator={typing && <i>{typing} is typing</i>}>
          {messages.map((message) => (
            <Message
              key={message.id}
              model={{
                // Without it chatscope takes the text for HTML, and members could run scripts in your page.
                type: 'text',
                message: message.text,
                sender: message.userName,
                sentTime: message.createdAt,
                direction: message.userId === userId ? 'outgoing' : 'incoming',
                position: 'single',
              }}
            >
              <Message.Header sender={message.userName} />
              <Message.Footer>{message.status}</Message.Footer>
            </Message>
          ))}
        </MessageList>
        <MessageInput
          attachButton={false}
          placeholder={total > 0 ? `${total} unread` : 'Write'}
          onFocus={markAsRead}
          onChange={() => sendTyping()}
          onSend={(_html, _line, text) => void sendMessage(text)}
        />
      </ChatContainer>
    </MainContainer>
  );
}
