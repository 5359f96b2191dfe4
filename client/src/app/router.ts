/**
 * The page's addresses, on the history API.
 *
 * Each entry of the browser's history that came after the list knows how many steps back the list is, so that going back to it leaves nothing behind that the
 * browser's own Back would return to.
 */
import { isTabloId, type TabloId } from '@tablo/schema/ids';
import { useSyncExternalStore } from 'react';
import { tellAll } from '../chat/base/tell-all.ts';
import { BASE_PATH } from '../ui/page/base-path.ts';
import { ownHref } from '../ui/page/navigation.tsx';

export type Route =
  | { readonly type: 'list' }
  | {
      readonly type: 'tablo';
      readonly id: TabloId;
      /** As the address has it: there may be no such message. */
      readonly message: string | null;
    }
  | { readonly type: 'invite'; readonly code: string }
  /** Nothing of ours: a wrong or cut link. */
  | { readonly type: 'unknown'; readonly path: string };

const LIST: Route = { type: 'list' };

export function parsePath(path: string, base: string = BASE_PATH): Route {
  const unknown: Route = { type: 'unknown', path };
  if (!path.startsWith(base)) return unknown;
  const [place, value, part, message, ...rest] = path.slice(base.length).split('/');
  if (place === '' || place === 'index.html') return LIST;
  if (value === undefined || value === '' || rest.some((one) => one !== '')) return unknown;
  const isMessage = part === 'm' && message !== undefined && message !== '';
  const isWhole = (part ?? '') === '' && (message ?? '') === '';
  if (place === 't' && isTabloId(value) && (isWhole || isMessage))
    return { type: 'tablo', id: value, message: isMessage ? decode(message) : null };
  if (place === 'invite' && isWhole) return { type: 'invite', code: decode(value) };
  return unknown;
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
      return BASE_PATH;
    case 'tablo':
      return ownHref(route.id, route.message ?? undefined);
    case 'invite':
      return `${BASE_PATH}invite/${encodeURIComponent(route.code)}`;
    case 'unknown':
      return route.path;
  }
}

let current = parsePath(location.pathname);
const listeners = new Set<() => void>();

function show(): void {
  const next = parsePath(location.pathname);
  if (pathOf(next) === pathOf(current)) return;
  current = next;
  tellAll(listeners);
}

window.addEventListener('popstate', show);

/** Steps back to the list; `null`: it was not before this. */
function stepsToList(): number | null {
  const state: unknown = history.state;
  const steps = typeof state === 'object' && state !== null && 'stepsToList' in state ? state.stepsToList : null;
  return typeof steps === 'number' ? steps : null;
}

export function navigate(route: Route, how: 'push' | 'replace' = 'push'): void {
  const path = pathOf(route);
  if (path !== location.pathname && how === 'replace') history.replaceState(history.state, '', path);
  else if (path !== location.pathname) {
    const steps = stepsToList();
    const next = current.type === 'list' ? 1 : steps === null ? null : steps + 1;
    history.pushState({ stepsToList: route.type === 'list' ? null : next }, '', path);
  }
  show();
}

export function navigateToList(): void {
  const steps = stepsToList();
  if (current.type !== 'list' && steps !== null) history.go(-steps);
  else navigate(LIST, 'replace');
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
