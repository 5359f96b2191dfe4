// A host application for the browser tests: its own users (what `localStorage` says), its own frame, our package in it.
// `?server=…&view=own|page|none&channel=…&width=400&strict&fresh&providers=2&tablos=…&title=…&hideList`
import '@chatscope/chat-ui-kit-styles/dist/default/styles.css';
import '../../../ui/styles.ts';
import { StrictMode, useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import {
  ChatChannelPreview,
  ChatHeader,
  ChatPage,
  ChatProvider,
  type HostTablo,
  useChannels,
  useChat,
  useChatUnread,
  useConnection,
} from '../../../index.ts';
import { TeamChat } from './team-chat.tsx';

/** What the host says: a token, or one of `null`, `reject`, `never`. */
const KEY = 'host.token';

export interface Host {
  asked: number;
  readonly errors: string[];
  /** How often a function of `useChat` was another one than before. */
  changes: number;
  signIn(token: string): void;
  render(): void;
}
declare global {
  interface Window {
    host: Host;
  }
}

const ask = async (): Promise<string | null> => {
  window.host.asked += 1;
  const said = localStorage.getItem(KEY) ?? 'null';
  if (said === 'reject') throw new Error('The host is away.');
  if (said === 'never') return new Promise(() => undefined);
  return said === 'null' ? null : said;
};

const params = new URLSearchParams(location.search);
const channel = params.get('channel') ?? undefined;
const tablos = JSON.parse(params.get('tablos') ?? 'null') as HostTablo[] | null;

let rerender: () => void = () => undefined;
let getToken = () => ask();
window.host = {
  asked: 0,
  errors: [],
  changes: 0,
  signIn: (token) => {
    localStorage.setItem(KEY, token);
    getToken = () => ask();
    rerender();
  },
  render: () => rerender(),
};

function HostApp() {
  const [, setRenders] = useState(0);
  rerender = () => setRenders((count) => count + 1);
  return (
    <ChatProvider
      serverUrl={params.get('server') ?? ''}
      getToken={params.has('fresh') ? () => ask() : getToken}
      onError={(error) => window.host.errors.push(String(error))}
    >
      <View />
    </ChatProvider>
  );
}

function View() {
  const { total } = useChatUnread();
  const { status } = useConnection();
  return (
    <>
      <nav aria-label="Host">
        <h1 style={{ fontSize: 14 }}>Host</h1>
        <output aria-label="Unread">{total}</output> <output aria-label="Connection">{status}</output>
        <input aria-label="Host field" />
        <Boards />
      </nav>
      <main className="frame" style={{ width: params.get('width') ? `${params.get('width')}px` : '100%' }}>
        {params.get('view') === 'own' && <OwnView />}
        {params.get('view') === 'page' && <Page />}
      </main>
    </>
  );
}

function OwnView() {
  const chat = useChat(channel);
  const { sendMessage, onlineUsers } = chat;
  const { channels } = useChannels();
  const last = useRef(sendMessage);
  useEffect(() => {
    if (last.current !== sendMessage) window.host.changes += 1;
    last.current = sendMessage;
  }, [sendMessage]);
  const tablo = channels.find(({ id }) => id === channel) ?? null;
  return (
    <>
      <ChatHeader tablo={tablo} onlineUsers={onlineUsers} />
      <div style={{ height: 400 }}>
        <TeamChat channelId={channel} />
      </div>
      <button type="button" onClick={() => void sendMessage('Said at once')}>
        Say at once
      </button>
    </>
  );
}

function Boards() {
  const { channels } = useChannels();
  const { getUnreadCount } = useChatUnread();
  return channels.map(({ id, name, lastMessage }) => (
    <ChatChannelPreview
      key={id}
      tablo={{ id, name }}
      isActive={id === channel}
      isOnline={false}
      unreadCount={getUnreadCount(id)}
      lastMessage={lastMessage?.text}
      lastMessageTime={lastMessage?.shownAt}
      onClick={() => undefined}
    />
  ));
}

function Page() {
  return (
    <ChatPage
      channelId={channel}
      tablos={tablos}
      title={params.get('title') ?? undefined}
      hideList={params.has('hideList')}
    />
  );
}

const apps = Array.from({ length: Number(params.get('providers') ?? 1) }, (_, index) => `app${index}`).map((key) => (
  <HostApp key={key} />
));
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(params.has('strict') ? <StrictMode>{apps}</StrictMode> : apps);
