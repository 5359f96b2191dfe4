/** What a page is told by its browser, said by a test. In a file of its own: programs that are no vitest tests use it too. */
import type { Environment, EnvironmentEvent } from '../link/environment.ts';

export class FakeEnvironment implements Environment {
  hasNetwork = true;
  readonly #listeners = new Map<EnvironmentEvent, Set<() => void>>();

  isOnline(): boolean {
    return this.hasNetwork;
  }

  on(event: EnvironmentEvent, listener: () => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  fire(event: EnvironmentEvent): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener();
  }

  goOffline(): void {
    this.hasNetwork = false;
    this.fire('offline');
  }

  goOnline(): void {
    this.hasNetwork = true;
    this.fire('online');
  }
}
