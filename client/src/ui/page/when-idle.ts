const IDLE_WITHIN_MS = 1_000;

/** When the browser has nothing to do for people, or a second later. Safari has no idle callbacks. */
export const whenIdle = (): Promise<unknown> =>
  new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(resolve, { timeout: IDLE_WITHIN_MS });
    else setTimeout(resolve, 50);
  });
