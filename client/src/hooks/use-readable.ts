/** Any `Readable` of the headless chat as a React value. */
import { useSyncExternalStore } from 'react';
import type { Readable } from '../chat/base/readable.ts';

export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(readable.subscribe, readable.get, readable.get);
}
