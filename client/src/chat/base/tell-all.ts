import { reportProblem } from './report-error.ts';

/** Each of them is told, also where one before it throws: a host's mistake is reported, and stops neither the others nor whoever tells them. */
export function tellAll<Told extends readonly unknown[]>(
  listeners: Iterable<(...told: Told) => void>,
  ...told: Told
): void {
  // A copy: a listener may stop listening, or bring another one.
  for (const listener of [...listeners]) {
    try {
      listener(...told);
    } catch (error) {
      reportProblem(error);
    }
  }
}
