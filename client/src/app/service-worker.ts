/**
 * Registers the service worker (vite-plugin-pwa makes it), and tells when there is a newer version of the page than the one that runs here.
 * One worker serves all tabs. Who takes the offer in one of them lets it take over in all; the others go on with what they have loaded, and their own click
 * loads the newer page: nobody's page is loaded anew under their hands.
 */
import { type Readable, Writable } from '../chat/base/readable.ts';
import { BASE_PATH } from '../ui/page/base-path.ts';

/** An open page asks this often whether there is a new version. */
const UPDATE_EVERY_MS = 60 * 60_000;
/** A worker that was let through has taken over long before. */
const TAKE_OVER_MAX_MS = 5_000;

const newer = new Writable(false);
let waiting: ServiceWorker | null = null;
let isUpdating = false;

export const hasNewerVersion: Readable<boolean> = newer;

/** Lets the newer version take over, unless another tab has; the page loads again when it has. */
export function updatePage(): void {
  if (waiting?.state !== 'installed') return location.reload();
  isUpdating = true;
  waiting.postMessage({ type: 'SKIP_WAITING' });
  setTimeout(() => location.reload(), TAKE_OVER_MAX_MS);
}

function watch(worker: ServiceWorker | null): void {
  if (worker === null) return;
  const note = () => {
    // Without a controller this is the first version, not a newer one.
    if (worker.state !== 'installed' || navigator.serviceWorker.controller === null) return;
    waiting = worker;
    newer.set(true);
  };
  worker.addEventListener('statechange', note);
  note();
}

export async function registerServiceWorker(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  let hasController = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (isUpdating) return location.reload();
    // The first one is of the version that runs here.
    if (hasController) newer.set(true);
    hasController = true;
  });
  try {
    const registration = await navigator.serviceWorker.register(`${BASE_PATH}sw.js`);
    watch(registration.waiting);
    registration.addEventListener('updatefound', () => watch(registration.installing));
    setInterval(() => void registration.update().catch(() => undefined), UPDATE_EVERY_MS);
  } catch {
    // Plain HTTP from another host, or forbidden by the browser: the page works, but does not open without the server.
  }
}
