/** A document's place on a connection that is not here yet: remembers what it is told, and passes it on. */
import type { Link, LinkOpener, LinkOptions } from './link.ts';

export class LateLink implements Link {
  readonly #options: LinkOptions;
  readonly #onClose: () => void;
  #link: Link | null = null;
  #isUrgent: boolean;
  /** `undefined`: nothing was said. */
  #presence: object | null | undefined;

  constructor(options: LinkOptions, onClose: () => void) {
    this.#options = options;
    this.#onClose = onClose;
    this.#isUrgent = options.isUrgent;
  }

  get isReady(): boolean {
    return this.#link?.isReady ?? false;
  }

  get isReceiving(): boolean {
    return this.#link?.isReceiving ?? false;
  }

  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  set isUrgent(value: boolean) {
    this.#isUrgent = value;
    if (this.#link !== null) this.#link.isUrgent = value;
  }

  open(connection: LinkOpener): void {
    this.#link = connection.openLink({ ...this.#options, isUrgent: this.#isUrgent });
    if (this.#presence !== undefined) this.#link.setPresence(this.#presence);
  }

  sendStateless(payload: string): void {
    this.#link?.sendStateless(payload);
  }

  setPresence(state: object | null): void {
    this.#presence = state;
    this.#link?.setPresence(state);
  }

  rejoin(): void {
    this.#link?.rejoin();
  }

  close(): void {
    this.#link?.close();
    this.#onClose();
  }
}
