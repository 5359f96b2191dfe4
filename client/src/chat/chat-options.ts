/** What whoever opens a chat says of it: `openChatClient`. */
import type { Readable } from './base/readable.ts';
import type { Timing } from './base/timing.ts';
import type { Person, StorageState } from './chat.ts';
import type { Environment } from './link/environment.ts';
import type { TokenSource } from './session/session.ts';
import type { LocalStore } from './store/local-store.ts';
import type { OpenTabChannel, TabLocks } from './store/tabs.ts';

export interface Storage {
  readonly store: LocalStore;
  readonly state: Readable<StorageState>;
}

export interface ChatClientOptions {
  readonly user: Person & { readonly email: string | null };
  readonly tokens: TokenSource;
  /** Where the server is, with its path where it lives below one; absent: at the root of where the page comes from. */
  readonly baseUrl?: string | undefined;
  /** Absent: IndexedDB, or memory where the browser refuses. */
  readonly storage?: Storage | undefined;
  /** This user's data was deleted in another tab (sign-out), and this client is closed. Called once, and not after its owner's own `close` or `wipe`. */
  readonly onWiped?: (() => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly WebSocketImpl?: unknown | undefined;
  readonly environment?: Environment | undefined;
  readonly openTabChannel?: OpenTabChannel | undefined;
  readonly tabLocks?: TabLocks | null | undefined;
  readonly timing?: Partial<Timing> | undefined;
  readonly now?: (() => number) | undefined;
}

/** Without a slash at the end. */
export const serverUrlOf = ({ baseUrl }: ChatClientOptions): string =>
  (baseUrl ?? globalThis.location?.origin ?? '').replace(/\/+$/, '');
