/** The way from REST into the ledger: the same admission as a client's update, and live clients see the message at once. */
import type { Refusal } from '@tablo/schema/close-codes';
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

export interface MessagePoster {
  /** Resolves when the message is durable [R1]. `isNew` false: the same message was there under this id [R4]. */
  post(message: PostedMessage): Promise<Result<{ readonly id: EntryId; readonly isNew: boolean }, Refusal>>;
}
