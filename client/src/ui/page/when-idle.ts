const IDLE_WITHIN_MS = 1_000;

/** Runs when the browser is idle, or a second later. Safari has no idle callbacks. */
export const whenIdle = (): Promise<unknown> =>
  new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(resolve, { timeout: IDLE_WITHIN_MS });
    else setTimeout(resolve, 50);
  });
