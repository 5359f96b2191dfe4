/** The way from REST into the ledger: the same admission as a client's update, and live clients see the message, or what was done to it, at once. */
import type { Refusal } from '@tablo/schema/close-codes';
import type { Deletion, Edit, Reaction } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Result } from '@tablo/schema/result';
import type { Role } from '@tablo/schema/roles';

export interface PostedMessage {
  readonly tabloId: TabloId;
  readonly userId: UserId;
  readonly role: Role;
  /** null: the server gives it one. */
  readonly id: EntryId | null;
  /** As sent: trimming is the poster's. */
  readonly text: string;
  readonly replyTo: EntryId | null;
}

/** An edit, a deletion or a reaction of `author`. */
export interface PostedChange {
  readonly tabloId: TabloId;
  readonly entry: Edit | Deletion | Reaction;
}

export interface MessagePoster {
  /** Resolves when the message is durable [R1]. `isNew` false: the same message was there under this id [R4]. */
  post(message: PostedMessage): Promise<Result<{ readonly id: EntryId; readonly isNew: boolean }, Refusal>>;
  /** Resolves when it is durable, now or by an earlier call with the same entry [R4]. */
  change(change: PostedChange): Promise<Result<null, Refusal>>;
}
