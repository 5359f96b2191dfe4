/** The page's beginning: puts the parts together and renders them. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { openChatClient } from '../chat/chat-client.ts';
import '../ui/styles.ts';
import { BASE_PATH } from '../ui/page/base-path.ts';
import { guardAgainstFiles } from '../ui/page/file-guard.ts';
import { whenIdle } from '../ui/page/when-idle.ts';
import { App } from './app.tsx';
import './sign-in/auth.css';
import './page.css';
import './start.css';
import { REMEMBERED_KEY, readRemembered } from './device-memory.ts';
import { createBuiltInIdentity, createExternalIdentity, fetchIdentityKind } from './identity.ts';
import { AuthScreen, FileNotice } from './parts.ts';
import { registerServiceWorker } from './service-worker.ts';
import { Session } from './session.ts';

const serverUrl = location.origin + BASE_PATH.slice(0, -1);

const session = new Session({
  createIdentity: (kind) => (kind === 'external' ? createExternalIdentity() : createBuiltInIdentity(serverUrl)),
  fetchIdentityKind: () => fetchIdentityKind(serverUrl),
  openChat: (user, tokens, onWiped) => openChatClient({ baseUrl: serverUrl, user, tokens, onWiped }),
});

window.addEventListener('online', () => void session.notice());
// Whoever comes back from the host application may have changed who is signed in there.
window.addEventListener('focus', () => void session.askHost({ fresh: true }));
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void session.askHost({ fresh: true });
});
window.addEventListener('storage', ({ key }) => {
  if (key === REMEMBERED_KEY) void session.notice();
});

guardAgainstFiles(window);

/** Until it is known who is there, the outline of `index.html` stands. */
async function render(): Promise<void> {
  const root = document.getElementById('root');
  if (root === null) throw new Error('index.html has no #root');
  createRoot(root).render(
    <StrictMode>
      <App session={session} />
      <FileNotice />
    </StrictMode>,
  );
  // It fetches the whole page once more, for the time without a network: not while people wait for it.
  await whenIdle();
  if (import.meta.env.PROD) await registerServiceWorker();
}

const stopWaiting = session.state.subscribe(() => {
  stopWaiting();
  if (session.state.get().status === 'signed-in') void render();
  // The page says by itself that a part is missing.
  else void AuthScreen.load().then(render, render);
});
// Most likely needed: it comes while the server is being asked.
if (readRemembered() === null) AuthScreen.load().catch(() => undefined);

void session.start();
