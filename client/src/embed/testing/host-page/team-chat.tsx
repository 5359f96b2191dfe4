import {
  ChatContainer,
  InputToolbox,
  MainContainer,
  Message,
  MessageInput,
  MessageList,
} from '@chatscope/chat-ui-kit-react';
import { useState } from 'react';
import { ChatError, useChat, useChatUnread } from '../../../index.ts';

export function TeamChat({ channelId }: { channelId: string | undefined }) {
  const { messages, sendMessage, sendTyping, typingUsers, people, userId, loadMoreMessages, markAsRead } =
    useChat(channelId);
  const { total } = useChatUnread();
  const [written, setWritten] = useState('');
  const [problem, setProblem] = useState('');
  const handleSend = async (html: string, text: string) => {
    setWritten('');
    setProblem('');
    const id = await sendMessage(text).catch((error: unknown) => {
      // It is too long, say; the error's sentence is for people.
      setProblem(error instanceof ChatError ? error.message : 'That did not work. Try again.');
      return null;
    });
    // Not taken: it goes back into the field, before what was typed since.
    if (id === null) setWritten((since) => html + since);
  };
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
          value={written}
          sendDisabled={written === ''}
          onChange={(html) => {
            setWritten(html);
            sendTyping();
          }}
          onSend={(html, _line, text) => void handleSend(html, text)}
        />
        <InputToolbox>
          <span role="alert">{problem}</span>
        </InputToolbox>
      </ChatContainer>
    </MainContainer>
  );
}
