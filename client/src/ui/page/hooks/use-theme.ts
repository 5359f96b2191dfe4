import { useSyncExternalStore } from 'react';
import { Writable } from '../../../chat/base/readable.ts';
import { keyHere } from '../base-path.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** `public/before-paint.js` reads it before the first paint. */
const KEY = keyHere('tablo.theme');

function readTheme(): Theme {
  // Made on a server there is none.
  const stored = globalThis.document?.documentElement.dataset.theme;
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

const theme = new Writable<Theme>(readTheme());

export function setTheme(next: Theme): void {
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Storage is blocked: the choice lasts until the page closes.
  }
  theme.set(next);
}

export const useTheme = (): Theme => useSyncExternalStore(theme.subscribe, theme.get);
