/**
 * The server below a path of its host (`PUBLIC_URL=https://app.example.org/chat/`). One kind of proxy takes the path off what it passes on, another one does not: both are
 * understood, since a request below the path means the same as one at the root. Everything behind this knows addresses at the root alone.
 */

/** What below `/chat` is REST's own at the root: it stands for itself, and not for a page's address below a path of that name. */
const REST = /^\/chat\/(channels|drafts|invitations|invites|people|unread)(\/|$)/;
/** With a path that begins like this it would be unknown whether a proxy has removed it. */
const OWN = /^\/(api|assets|docs|healthz|icons|invite|metrics|openapi\.json|readyz|sync|t|yjs)(\/|$)/;
const PLAIN = /^(\/[\w.~-]+)*$/;

/** Of PUBLIC_URL: the path below which all is, without a slash at the end; empty at the root. */
export const publicPathOf = (publicUrl: string | null): string =>
  (URL.parse(publicUrl ?? '')?.pathname ?? '').replace(/\/+$/, '');

/** Letters, digits and what needs no escape; and none that our own addresses begin with. */
export const isUsablePath = (path: string): boolean => PLAIN.test(path) && !OWN.test(path) && !REST.test(path);

/** The address at the root that a request's address stands for. */
export function createPathStripper(publicPath: string): (url: string) => string {
  if (publicPath === '') return (url) => url;
  return (url) => {
    if (!url.startsWith(`${publicPath}/`) || REST.test(pathOf(url))) return url;
    return url.slice(publicPath.length);
  };
}

/** `/chat/` for `/chat`: files are named from where the page is. Where that leads, or null. */
export function createSlashAdder(publicPath: string): (url: string) => string | null {
  return (url) =>
    publicPath !== '' && pathOf(url) === publicPath ? `${publicPath}/${url.slice(publicPath.length)}` : null;
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';
