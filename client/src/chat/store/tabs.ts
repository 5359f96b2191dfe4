/**
 * Coordinates this browser's tabs. By BroadcastChannel (`tablo-chat:<owner>`) they announce that a record changed, and the others read it
 * again. By Web Locks they know who is alive and who is first, also when a tab crashes: each holds a lock of its own, and the others wait
 * for it.
 *
 * Without Web Locks (a page that was not loaded over HTTPS) a tab counts as alive until it says goodbye, and every tab as first.
 */
import type { Entry } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId } from '@tablo/schema/ids';
import { tellAll } from '../base/tell-all.ts';
import type { DraftRecord } from './local-store.ts';

export type TabMessage =
  /** `sent`: gone from the outbox because durable, with their arrivals. */
  | {
      readonly type: 'outbox';
      readonly tabloId: TabloId;
      readonly ids: readonly EntryId[];
      readonly sent: readonly Entry[];
    }
  | { readonly type: 'draft'; readonly record: DraftRecord }
  | { readonly type: 'read'; readonly tabloId: TabloId; readonly seq: number }
  | { readonly type: 'channels' }
  /** Names were learnt, and are stored. */
  | { readonly type: 'people' }
  | { readonly type: 'wipe' }
  | { readonly type: 'hello' | 'here' | 'bye' };

interface Envelope {
  readonly from: string;
  readonly message: TabMessage;
}

/** What we use of a `BroadcastChannel`. */
export interface TabChannel {
  postMessage(data: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  close(): void;
}

export type OpenTabChannel = (name: string) => TabChannel | null;

export const openBroadcastChannel: OpenTabChannel = (name) =>
  typeof BroadcastChannel === 'undefined' ? null : (new BroadcastChannel(name) as unknown as TabChannel);

/** What we use of a `LockManager`. */
export interface TabLocks {
  request(
    name: string,
    options: { readonly mode: 'exclusive' | 'shared'; readonly signal: AbortSignal },
    callback: () => Promise<void>,
  ): Promise<unknown>;
}

/** `null` where the browser has none. */
export function detectLocks(): TabLocks | null {
  return typeof navigator === 'undefined' ? null : ((navigator as { readonly locks?: TabLocks }).locks ?? null);
}

export interface TabsOptions {
  /** Whose tabs: `storeOwner`. */
  readonly owner: string;
  readonly openChannel?: OpenTabChannel;
  readonly locks?: TabLocks | null;
}

export class Tabs {
  // Not `randomUUID`: pages that were not loaded over HTTPS lack it.
  readonly id: string = createEntryId();
  readonly #scope: string;
  readonly #channel: TabChannel | null;
  readonly #locks: TabLocks | null;
  readonly #alive = new Set<string>();
  readonly #listeners = new Set<(message: TabMessage) => void>();
  readonly #closing = new AbortController();
  readonly #closed: Promise<void>;
  #isFirst: boolean;

  constructor({ owner, openChannel = openBroadcastChannel, locks = detectLocks() }: TabsOptions) {
    this.#scope = `tablo-chat:${owner}`;
    this.#channel = openChannel(this.#scope);
    this.#locks = this.#channel === null ? null : locks;
    this.#isFirst = this.#locks === null;
    this.#closed = new Promise((resolve) => this.#closing.signal.addEventListener('abort', () => resolve()));
    if (this.#channel === null) return;
    this.#channel.onmessage = ({ data }) => this.#receive(data as Envelope);
    if (this.#locks === null) this.post({ type: 'hello' });
    this.#request('exclusive', `tab:${this.id}`, () => {
      // Only now is this tab announced. Other tabs wait for its lock as soon as they know of it, and would take a free lock for its death.
      this.post({ type: 'hello' });
      return this.#closed;
    });
    this.#request('exclusive', 'first', () => {
      this.#isFirst = true;
      this.#tell({ type: 'bye' });
      return this.#closed;
    });
  }

  isAlive(tab: string): boolean {
    return tab === this.id || this.#alive.has(tab);
  }

  /** One tab of a browser is the first: it does the work that one tab is enough for. When it closes, another tab becomes the first. */
  get isFirst(): boolean {
    return this.#isFirst;
  }

  post(message: TabMessage): void {
    this.#channel?.postMessage({ from: this.id, message } satisfies Envelope);
  }

  /** `bye` is also emitted when a tab has died, and when this one becomes the first. */
  on(listener: (message: TabMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.post({ type: 'bye' });
    this.#listeners.clear();
    this.#closing.abort();
    this.#channel?.close();
  }

  #receive({ from, message }: Envelope): void {
    if (message.type === 'bye') this.#alive.delete(from);
    else if (!this.#alive.has(from)) this.#watch(from);
    if (message.type === 'hello') this.post({ type: 'here' });
    this.#tell(message);
  }

  #watch(tab: string): void {
    this.#alive.add(tab);
    this.#request('shared', `tab:${tab}`, async () => {
      if (this.#alive.delete(tab)) this.#tell({ type: 'bye' });
    });
  }

  #request(mode: 'exclusive' | 'shared', name: string, callback: () => Promise<void>): void {
    const { signal } = this.#closing;
    // Rejected when this tab closes while it still waits: there is no caller left.
    this.#locks?.request(`${this.#scope}:${name}`, { mode, signal }, callback).catch(() => {});
  }

  #tell(message: TabMessage): void {
    tellAll(this.#listeners, message);
  }
}
