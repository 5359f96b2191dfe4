/** What the server knows of one document connection, in Hocuspocus's `context`. Mutated in place: hooks see copies of anything else (TRAPS 1.5). */

import type { Connection } from '@hocuspocus/server';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';

/** Shared by all document connections of one WebSocket. */
export interface SocketState {
  /** The first user that authenticated here; nobody else's token is taken on this socket [R3]. */
  userId: UserId | null;
  /** Received, but not handled yet: the database may be slow or away. */
  unhandledBytes: number;
}

export interface ConnectionContext {
  readonly socket: SocketState;
  readonly userId: UserId;
  readonly tabloId: TabloId;
  readonly epoch: number;
  name: string;
  role: Role;
  /** ms since the Unix epoch: when the token ends. */
  expiresAt: number;
  /** ms since the Unix epoch: when the membership was read. */
  readonly admittedAt: number;
  /** Set while a refused frame is being answered: see `AdmissionExtension`. */
  isRefusing: boolean;
}

export type LiveConnection = Connection<ConnectionContext>;
