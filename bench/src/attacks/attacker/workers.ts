/** Loops that end with the attack. */
import { setTimeout as delay } from 'node:timers/promises';

/** So that what fails at once does not turn into a loop that only burns time. */
const AFTER_FAILURE_MS = 20;

/** So many at once, each `act` after the last one, until it is over. `act` says whether it got anywhere. */
export async function repeat(
  over: AbortSignal,
  workers: number,
  act: (worker: number) => Promise<boolean | undefined>,
) {
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      while (!over.aborted) {
        const got = await act(worker);
        // A turn of the event loop between two acts, also where nothing is waited for.
        await delay(got === false ? AFTER_FAILURE_MS : 0);
      }
    }),
  );
}

/** Until the attack is over. */
export const untilOver = (over: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (over.aborted) resolve();
    else over.addEventListener('abort', () => resolve(), { once: true });
  });
