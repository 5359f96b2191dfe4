/** The page's addresses, on the history API. Everything else is the list. */
import { isTabloId, type TabloId } from '@tablo/schema/ids';
import { useSyncExternalStore } from 'react';

export type Route =
  | { readonly type: 'list' }
  | { readonly type: 'tablo'; readonly id: TabloId }
  | { readonly type: 'invite'; readonly code: string };

const LIST: Route = { type: 'list' };

export function parsePath(path: string): Route {
  const [, place, value, ...rest] = path.split('/');
  if (value === undefined || value === '' || rest.some((part) => part !== '')) return LIST;
  if (place === 't' && isTabloId(value)) return { type: 'tablo', id: value };
  if (place === 'invite') return { type: 'invite', code: decode(value) };
  return LIST;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // Not encoded properly: as it stands.
  }
}

export function pathOf(route: Route): string {
  switch (route.type) {
    case 'list':
      return '/';
    case 'tablo':
      return `/t/${route.id}`;
    case 'invite':
      return `/invite/${encodeURIComponent(route.code)}`;
  }
}

let current = parsePath(location.pathname);
const listeners = new Set<() => void>();

function show(): void {
  const next = parsePath(location.pathname);
  if (pathOf(next) === pathOf(current)) return;
  current = next;
  for (const listener of [...listeners]) listener();
}

window.addEventListener('popstate', show);

export function navigate(route: Route, how: 'push' | 'replace' = 'push'): void {
  const path = pathOf(route);
  if (path !== location.pathname) history[how === 'push' ? 'pushState' : 'replaceState'](null, '', path);
  show();
}

export function useRoute(): Route {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
