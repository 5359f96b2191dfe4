import type { EntryId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { createContext, useContext } from 'react';
import type { RoomHandle, RoomPerson } from '../../chat/chat.ts';

/** What every message of the open tablo needs, kept apart from what changes with each message. */
export interface Room {
  readonly handle: RoomHandle;
  readonly userId: UserId;
  readonly role: Role;
  /** Guests and closed tablos: reading only. */
  readonly isWritable: boolean;
  /** How somebody is called here. */
  personOf(user: UserId): RoomPerson;
  startReply(message: TimelineMessage): void;
  startEdit(message: TimelineMessage): void;
  invitePeople(): void;
  askDelete(message: TimelineMessage): void;
  openMenu(kind: MessageMenuKind, message: TimelineMessage, anchor: HTMLElement): void;
  jumpTo(id: EntryId): void;
}

export type MessageMenuKind = 'actions' | 'emoji';

export const RoomContext = createContext<Room | null>(null);

export function useRoom(): Room {
  const room = useContext(RoomContext);
  if (room === null) throw new Error('useRoom needs a RoomContext above it');
  return room;
}
