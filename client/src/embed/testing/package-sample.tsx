import { ChatPage, ChatProvider, useChatUnread } from '../../index.ts';
import '../../ui/styles.ts';

function Badge() {
  const { total } = useChatUnread();
  return total > 0 ? <span>{total}</span> : null;
}

/** Of your back end: 401 says that nobody is signed in. */
async function getToken() {
  const answer = await fetch('/token');
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`The token could not be fetched: ${answer.status}.`); // It is tried again.
  return answer.text();
}

export function Application() {
  return (
    <ChatProvider serverUrl="https://chat.example.org" getToken={getToken}>
      <Badge />
      <div className="chat-place">
        <ChatPage title="Chat" />
      </div>
    </ChatProvider>
  );
}
