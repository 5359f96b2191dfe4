/**
 * Whose stores on this device, by what they are called: the user's on one server. A page may embed several servers, and know the same user on each of them: what is
 * read and typed for one must not show, or be sent, in another's chat.
 */
import type { UserId } from '@tablo/schema/ids';

/**
 * Stores of a server at the page's own origin are called after the user and the path of the server, and of one at the root after the user alone: so they have been
 * called since the first release. `serverUrl`: without a slash at the end; relative to where the page is. `pageOrigin`: `undefined` where there is no page.
 */
export function storeOwner(
  user: UserId,
  serverUrl: string,
  pageOrigin: string | undefined = globalThis.location?.origin,
): string {
  const address = addressOf(serverUrl, pageOrigin);
  if (address === null) return user + serverUrl;
  const path = address.pathname.replace(/\/+$/, '');
  return address.origin === pageOrigin ? user + path : `${user} ${address.origin}${path}`;
}

/** `null`: nobody knows which server it is, as without a page. */
function addressOf(serverUrl: string, pageOrigin: string | undefined): URL | null {
  try {
    return new URL(serverUrl, pageOrigin);
  } catch {
    return null;
  }
}
