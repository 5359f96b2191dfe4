import { useSyncExternalStore } from 'react';
import { Writable } from '../../../chat/base/readable.ts';

const STEP_MS = 30_000;

const now = new Writable(Date.now());
let timer: ReturnType<typeof setInterval> | undefined;
let listeners = 0;

/** One clock for the page: "now" and "Today" stay true while it is open. */
function subscribe(listener: () => void): () => void {
  const stop = now.subscribe(listener);
  listeners += 1;
  timer ??= setInterval(() => now.set(Date.now()), STEP_MS);
  return () => {
    stop();
    listeners -= 1;
    if (listeners > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export const useNow = (): number => useSyncExternalStore(subscribe, now.get, now.get);
