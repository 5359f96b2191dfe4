/**
 * What this browser's tabs tell each other (BroadcastChannel `tablo-chat:<userId>`): that a record changed, which the others then read anew; and who
 * is alive, so that an entry whose tab has gone is pushed by another at once.
 */
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { DraftRecord } from './local-store.ts';

export type TabMessage =
  /** `sent`: it is gone from the outbox because it is durable. */
  | {
      readonly type: 'outbox';
      readonly tabloId: TabloId;
      readonly ids: readonly EntryId[];
      readonly sent: readonly MemberEntry[];
    }
  | { readonly type: 'draft'; readonly record: DraftRecord }
  | { readonly type: 'read'; readonly tabloId: TabloId; readonly seq: number }
  | { readonly type: 'channels' }
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

export class Tabs {
  readonly id: string = crypto.randomUUID();
  readonly #channel: TabChannel | null;
  readonly #alive = new Set<string>();
  readonly #listeners = new Set<(message: TabMessage) => void>();

  constructor(user: UserId, open: OpenTabChannel = openBroadcastChannel) {
    this.#channel = open(`tablo-chat:${user}`);
    if (this.#channel === null) return;
    this.#channel.onmessage = ({ data }) => this.#receive(data as Envelope);
    this.post({ type: 'hello' });
  }

  isAlive(tab: string): boolean {
    return tab === this.id || this.#alive.has(tab);
  }

  post(message: TabMessage): void {
    this.#channel?.postMessage({ from: this.id, message } satisfies Envelope);
  }

  on(listener: (message: TabMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.post({ type: 'bye' });
    this.#listeners.clear();
    this.#channel?.close();
  }

  #receive({ from, message }: Envelope): void {
    if (message.type === 'bye') this.#alive.delete(from);
    else this.#alive.add(from);
    if (message.type === 'hello') this.post({ type: 'here' });
    for (const listener of [...this.#listeners]) listener(message);
  }
}
