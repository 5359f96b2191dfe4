/** How long to wait before something that failed is tried again. */

/**
 * In ms, after `failures` earlier failures in a row: doubles with each of them up to a cap. With jitter of up to a half, so that a thousand clients, or
 * several servers, do not come back in the same instant.
 */
export function backoffMs(
  failures: number,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
): number {
  return Math.min(maxMs, minMs * 2 ** failures) * (0.5 + Math.random() / 2);
}

export class Backoff {
  readonly #bounds: { readonly minMs: number; readonly maxMs: number };
  #failures = 0;

  constructor(minMs: number, maxMs: number) {
    this.#bounds = { minMs, maxMs };
  }

  /** The wait after one more failure, in ms. */
  nextMs(): number {
    this.#failures += 1;
    return backoffMs(this.#failures - 1, this.#bounds);
  }

  /** Called after a success: the next failure counts as the first one. */
  reset(): void {
    this.#failures = 0;
  }
}
