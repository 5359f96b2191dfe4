/** The one question about a user and a tablo. A user without access gets the same answer as for a tablo that does not exist [R6]. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';

export interface Member {
  readonly role: Role;
  /** Of the tablo: number of its live document. */
  readonly epoch: number;
  /** Somebody with whom they shared no tablo added them, and they have not used it yet: nothing that others see may name them. */
  readonly isNewcomer?: true;
}

export interface Membership {
  /** `null`: a stranger, no longer active, or no such tablo, or a deleted one. Rejects when the database is away. */
  find(tabloId: TabloId, userId: UserId): Promise<Member | null>;
  /** The user has come: they are a newcomer no more, and every server is notified of it as of a change of the membership. */
  settle(tabloId: TabloId, userId: UserId): Promise<void>;
}
