/** The one socket as a document's place on it sees it (`document-link.ts`); `connection.ts` is it. */
import type { HocuspocusProvider } from '@hocuspocus/provider';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { Timing } from '../base/timing.ts';
import type { JoinGate } from './join-gate.ts';

export type Provider = HocuspocusProvider;

export interface ProviderOptions {
  readonly name: string;
  readonly document: Y.Doc;
  readonly awareness: Awareness;
  readonly token: () => Promise<string>;
  readonly onAuthenticated: () => void;
  readonly onAuthenticationFailed: (data: { reason: string }) => void;
  readonly onSynced: () => void;
  readonly onClose: (data: { event: { reason: string } }) => void;
  readonly onStateless: (data: { payload: string }) => void;
  readonly onUnsyncedChanges: (data: { number: number }) => void;
  readonly onAwarenessChange: () => void;
}

export interface SharedSocket {
  readonly isOpen: boolean;
  /** Which socket this is: counts openings. */
  readonly generation: number;
  readonly gate: JoinGate;
  readonly timing: Timing;
  /** ms that a large frame under way may still take. */
  readonly comingMs: number;
  /** ms since the Unix epoch: when the server was last heard. */
  readonly heardAt: number;
  createProvider(options: ProviderOptions): Provider;
  /** A token for one document's join; stays pending for ever when that join has become pointless. */
  takeToken(generation: number): Promise<string>;
  noteComing(bytes: number): void;
  noteReady(): void;
  noteChanged(): void;
}
