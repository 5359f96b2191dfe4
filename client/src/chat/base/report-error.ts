/** Where errors go that no caller waits for: the page's own error event, so that they are seen in the console and by monitoring. */

export function reportProblem(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
}

/** For promises whose result nobody waits for. */
export function inBackground(work: Promise<unknown>): void {
  work.catch(reportProblem);
}
