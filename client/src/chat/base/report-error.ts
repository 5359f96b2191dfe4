/** Reports errors that no caller waits for: to the registered listeners, else to the page's own error event, so that they are seen in the console and by monitoring. */

const listeners = new Set<(error: unknown) => void>();

/** Returns the way to stop listening. */
export function onProblem(listener: (error: unknown) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function reportProblem(error: unknown): void {
  if (listeners.size === 0) return tellPage(error);
  for (const listener of [...listeners]) {
    try {
      listener(error);
    } catch (another) {
      // Whoever is told of problems has one: the others are told all the same, and of theirs the page.
      tellPage(another);
    }
  }
}

function tellPage(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
}

/** For promises whose result nobody waits for. */
export function inBackground(work: Promise<unknown>): void {
  work.catch(reportProblem);
}
