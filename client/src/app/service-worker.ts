/** Registers the service worker (vite-plugin-pwa makes it), and tells when a newer version of the page waits. */
import { type Readable, Writable } from '../chat/readable.ts';

/** An open page asks this often whether there is a new version. */
const UPDATE_EVERY_MS = 60 * 60_000;

const waiting = new Writable<ServiceWorker | null>(null);
let isUpdating = false;

export const waitingVersion: Readable<ServiceWorker | null> = waiting;

/** Lets the newer version take over; the page loads again when it has. */
export function updatePage(): void {
  isUpdating = true;
  waiting.get()?.postMessage({ type: 'SKIP_WAITING' });
}

function watch(worker: ServiceWorker | null): void {
  if (worker === null) return;
  const note = () => {
    // Without a controller this is the first version, not a newer one.
    if (worker.state === 'installed' && navigator.serviceWorker.controller !== null) waiting.set(worker);
  };
  worker.addEventListener('statechange', note);
  note();
}

export async function registerServiceWorker(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (isUpdating) location.reload();
  });
  try {
    const registration = await navigator.serviceWorker.register('/sw.js');
    watch(registration.waiting);
    registration.addEventListener('updatefound', () => watch(registration.installing));
    setInterval(() => void registration.update().catch(() => undefined), UPDATE_EVERY_MS);
  } catch {
    // Plain HTTP from another host, or forbidden by the browser: the page works, but does not open without the server.
  }
}
