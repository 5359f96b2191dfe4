/** Reports errors that no caller waits for: to the registered listeners, else to the page's own error event, so that they are seen in the console and by monitoring. */

const listeners = new Set<(error: unknown) => void>();

/** Returns the way to stop listening. */
export function onProblem(listener: (error: unknown) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function reportProblem(error: unknown): void {
  for (const listener of listeners) listener(error);
  if (listeners.size === 0 && typeof globalThis.reportError === 'function') globalThis.reportError(error);
}

/** For promises whose result nobody waits for. */
export function inBackground(work: Promise<unknown>): void {
  work.catch(reportProblem);
}
