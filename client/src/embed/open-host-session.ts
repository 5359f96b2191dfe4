/** A host session with the real parts. Safe to call without a browser: nothing is touched before it is mounted. */
import { loadScript } from '../chat/base/load-script.ts';
import { reportProblem } from '../chat/base/report-error.ts';
import { HostSession } from './host-session.ts';
import type { GetToken } from './host-tokens.ts';
import { createLastUser } from './last-user.ts';

const ANSWER_MS = 4_000;

/** Without a slash at the end; relative to where the page is. */
function addressOf(serverUrl: string): string {
  const base = typeof location === 'undefined' ? undefined : location.href;
  return new URL(serverUrl, base).href.replace(/\/+$/, '');
}

async function isThere(serverUrl: string): Promise<boolean> {
  if (navigator.onLine === false) return false;
  try {
    const answer = await fetch(`${addressOf(serverUrl)}/api/config`, {
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    // Who stands between may answer as well: only the server's own words count.
    return answer.ok && typeof ((await answer.json()) as { identity?: unknown }).identity === 'string';
  } catch {
    return false;
  }
}

function onWake(listener: () => void): () => void {
  const whenVisible = () => document.visibilityState === 'visible' && listener();
  window.addEventListener('online', listener);
  // Who comes back may have changed who is signed in.
  window.addEventListener('focus', listener);
  document.addEventListener('visibilitychange', whenVisible);
  return () => {
    window.removeEventListener('online', listener);
    window.removeEventListener('focus', listener);
    document.removeEventListener('visibilitychange', whenVisible);
  };
}

export function openHostSession(serverUrl: string, getToken: GetToken): HostSession {
  return new HostSession(getToken, {
    openChat: async (user, tokens, onWiped) => {
      // In a script of its own: it comes beside the host's page, and not before it.
      const { openChatClient } = await loadScript(() => import('../chat/chat-client.ts'));
      return openChatClient({ baseUrl: addressOf(serverUrl), user, tokens, onWiped });
    },
    isServerThere: () => isThere(serverUrl),
    lastUser: createLastUser(serverUrl),
    report: reportProblem,
    onWake,
  });
}
