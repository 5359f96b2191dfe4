/** `npm run dev`, then /dev.html: the whole page on made-up data. `?tablo=0&connection=offline&unread=9&empty&loading&memory&over&theme=dark`. */
import { isTabloId, type TabloId } from '@tablo/schema/ids';
import { StrictMode, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { OpenChatProvider } from '../../hooks/chat-context.tsx';
import { NavigationContext, ownHref } from '../page/navigation.tsx';
import { Shell } from '../shell/shell.tsx';
import '../styles.ts';
import { ToastProvider } from '../kit/toasts.tsx';
import { createFakeChat, type FakeChat } from './fake-chat.ts';
import { tabloId as tabloIdOf } from './seed.ts';

declare global {
  interface Window {
    /** For screenshots and for playing in the console. */
    fakeChat?: FakeChat;
  }
}

const params = new URLSearchParams(location.search);
const theme = params.get('theme');
if (theme !== null) document.documentElement.dataset.theme = theme;

const status = params.get('connection') ?? 'online';
const chat = createFakeChat({
  connection: params.has('over')
    ? { status: 'offline', reason: 'token-expired' }
    : { status: status === 'offline' || status === 'connecting' ? status : 'online' },
  storage: params.has('memory')
    ? {
        status: 'memory',
        message:
          'This browser does not let the page store anything: what you write is kept only until you close this tab.',
      }
    : { status: 'durable' },
  isEmpty: params.has('empty'),
  isLoading: params.has('loading'),
  unread: Number(params.get('unread') ?? 0),
});
window.fakeChat = chat;

function Gallery() {
  const first = params.get('tablo');
  const [tabloId, setTabloId] = useState<TabloId | null>(first === null ? null : tabloIdOf(Number(first)));
  const navigation = useMemo(
    () => ({
      tabloId,
      isUnknown: false,
      hrefOf: ownHref,
      openTablo: (id: TabloId) => setTabloId(isTabloId(id) ? id : null),
      openList: () => setTabloId(null),
      messageId: null,
      forgetMessage: () => undefined,
    }),
    [tabloId],
  );
  return (
    <OpenChatProvider chat={chat}>
      <NavigationContext.Provider value={navigation}>
        <ToastProvider>
          <Shell onSignInAgain={() => undefined} onSignOut={() => undefined} />
        </ToastProvider>
      </NavigationContext.Provider>
    </OpenChatProvider>
  );
}

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Gallery />
    </StrictMode>,
  );
}
