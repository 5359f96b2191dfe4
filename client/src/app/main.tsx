/** The page's beginning: puts the parts together and renders them. */
import './no-eval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { openChatClient } from '../chat/chat-client.ts';
import '../ui/styles.ts';
import { App } from './app.tsx';
import './auth.css';
import { REMEMBERED_KEY } from './device-memory.ts';
import { createBuiltInIdentity, createExternalIdentity, fetchIdentityKind } from './identity.ts';
import { registerServiceWorker } from './service-worker.ts';
import { Session } from './session.ts';

const { origin } = location;

const session = new Session({
  createIdentity: (kind) => (kind === 'external' ? createExternalIdentity() : createBuiltInIdentity(origin)),
  fetchIdentityKind: () => fetchIdentityKind(origin),
  openChat: (user, tokens, onWiped) => openChatClient({ baseUrl: origin, user, tokens, onWiped }),
});

window.addEventListener('online', () => void session.notice());
window.addEventListener('storage', ({ key }) => {
  if (key === REMEMBERED_KEY) void session.notice();
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);

void session.start();
if (import.meta.env.PROD) void registerServiceWorker();
