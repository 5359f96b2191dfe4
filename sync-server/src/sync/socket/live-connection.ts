/** What the server knows of one document connection, in Hocuspocus's `context`. Mutated in place: hooks see copies of anything else (TRAPS 1.5). */

import type { Connection } from '@hocuspocus/server';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { SocketState } from './socket-state.ts';

export interface ConnectionContext {
  readonly socket: SocketState;
  readonly userId: UserId;
  readonly tabloId: TabloId;
  readonly epoch: number;
  name: string;
  role: Role;
  /** Added unasked and not come yet: nobody is shown that they are here, since that would tell their name. */
  isNewcomer: boolean;
  /** ms since the Unix epoch: when the token ends. */
  expiresAt: number;
  /** ms since the Unix epoch: when the membership was read. */
  readonly admittedAt: number;
  /** While one frame is answered, `readOnly` is not what the role says: see `AdmissionExtension`. */
  isOverruled: boolean;
  /** A token that is being looked at, and the one that came meanwhile. */
  isRenewing: boolean;
  nextToken: string | null;
  /** Whether the frame being handled came as a SyncStep2: everything that the client has and the server lacks. */
  isAnswer: boolean;
}

export type LiveConnection = Connection<ConnectionContext>;
