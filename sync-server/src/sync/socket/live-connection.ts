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
  /** A newcomer: added without being asked, and has not used the tablo. Their presence is shown to nobody, since it would reveal their name. */
  isNewcomer: boolean;
  /** ms since the Unix epoch: when the token ends. */
  expiresAt: number;
  /** ms since the Unix epoch: when the membership was read. */
  readonly admittedAt: number;
  /** While one frame is answered, `readOnly` is not what the role says: see `AdmissionExtension`. */
  isOverruled: boolean;
  /** The token that is being checked, and the newest one that arrived meanwhile. */
  isRenewing: boolean;
  nextToken: string | null;
  /** Whether the frame being handled came as a SyncStep2: everything that the client has and the server lacks. */
  isAnswer: boolean;
}

export type LiveConnection = Connection<ConnectionContext>;
