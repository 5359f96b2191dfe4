import { canModerate } from '@tablo/schema/roles';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { Room } from '../people/room-context.tsx';

interface AllowedCommands {
  readonly reply: boolean;
  readonly react: boolean;
  readonly edit: boolean;
  /** For everybody; cancels what is not delivered yet. */
  readonly remove: boolean;
}

/** What the reader may do with a message, by menu, toolbar or key. */
export function allowedCommands(
  { author, isDeleted, delivery }: TimelineMessage,
  { userId, role, isWritable }: Pick<Room, 'userId' | 'role' | 'isWritable'>,
): AllowedCommands {
  const isOwn = author === userId;
  const canChange = isWritable && !isDeleted;
  const canAnswer = canChange && delivery.status === 'sent';
  return {
    reply: canAnswer,
    react: canAnswer,
    edit: canChange && isOwn,
    remove: canChange && (isOwn || canModerate(role)),
  };
}
