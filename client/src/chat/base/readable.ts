/** The smallest observable: what `useSyncExternalStore` wants, and nothing of React. */

import { tellAll } from './tell-all.ts';

export interface Readable<T> {
  /** The same reference until it changes. */
  get(): T;
  subscribe(listener: () => void): () => void;
}

export class Writable<T> implements Readable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get = (): T => this.#value;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    tellAll(this.#listeners);
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
