/** People as host applications see them. */
import type { UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { Member, PresenceView, RoomNames } from '../chat/chat.ts';

export interface ChatPerson {
  id: string;
  name: string;
  /** What tells them from others of that name, where there are any. */
  mark: string | null;
  /** They belong to the channel no more. */
  hasLeft: boolean;
}

/** By user id. */
export type ChatPeople = Record<string, ChatPerson>;

export function peopleOfRoom(
  names: RoomNames,
  members: readonly Member[],
  presence: PresenceView,
  messages: readonly TimelineMessage[],
): ChatPeople {
  const ids = new Set<UserId>();
  for (const { id } of [...members, ...presence.online, ...presence.typing]) ids.add(id);
  for (const { author, reactions } of messages) {
    ids.add(author);
    for (const { users } of reactions) for (const id of users) ids.add(id);
  }
  return Object.fromEntries(
    [...ids].map((id) => {
      const { name, mark, hasLeft } = names.of(id);
      return [id, { id, name, mark, hasLeft }];
    }),
  );
}
