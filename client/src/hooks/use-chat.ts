/** One tablo for a view. The names of the first nine are those that host applications code against; the rest is what a full page needs. */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { useMemo } from 'react';
import { type Readable, Writable } from '../chat/base/readable.ts';
import type { Member, Person, PresenceView, RoomHandle, RoomView } from '../chat/chat.ts';
import { useConnection } from './use-connection.ts';
import { useReadable } from './use-readable.ts';
import { useRoom } from './use-room.ts';

const NOTHING_YET: RoomView = {
  status: 'loading',
  messages: [],
  hasMore: false,
  isAtBeginning: false,
  isUpToDate: false,
  isLoadingMore: false,
  hasNewer: false,
  firstUnreadId: null,
  firstUnreadAt: null,
  hasUnseen: false,
  closed: null,
};
/** Stands in until the room is held. */
const EMPTY = {
  view: new Writable<RoomView>(NOTHING_YET),
  presence: new Writable<PresenceView>({ online: [], typing: [] }),
  members: new Writable<readonly Member[]>([]),
  draft: new Writable(''),
} satisfies {
  view: Readable<RoomView>;
  presence: Readable<PresenceView>;
  members: Readable<readonly Member[]>;
  draft: Readable<string>;
};

export interface UseChat {
  readonly messages: readonly TimelineMessage[];
  sendMessage(text: string, replyTo?: EntryId): Promise<EntryId>;
  sendTyping(isTyping: boolean): void;
  readonly isConnected: boolean;
  readonly typingUsers: readonly Person[];
  readonly onlineUsers: readonly Person[];
  loadMoreMessages(): Promise<void>;
  readonly hasMoreMessages: boolean;
  markAsRead(): void;

  readonly view: RoomView;
  readonly members: readonly Member[];
  readonly draft: string;
  setDraft(text: string): void;
  editMessage(target: EntryId, text: string): Promise<void>;
  removeMessage(target: EntryId): Promise<void>;
  react(target: EntryId, emoji: string, on: boolean): Promise<void>;
  retry(entry: EntryId): Promise<void>;
  discard(entry: EntryId): Promise<void>;
}

type Commands = Pick<
  UseChat,
  | 'sendMessage'
  | 'sendTyping'
  | 'loadMoreMessages'
  | 'markAsRead'
  | 'setDraft'
  | 'editMessage'
  | 'removeMessage'
  | 'react'
  | 'retry'
  | 'discard'
>;

export function useChat(channelId: TabloId): UseChat {
  const handle = useRoom(channelId);
  const view = useReadable(handle?.view ?? EMPTY.view);
  const presence = useReadable(handle?.presence ?? EMPTY.presence);
  const members = useReadable(handle?.members ?? EMPTY.members);
  const draft = useReadable(handle?.draft ?? EMPTY.draft);
  const connection = useConnection();
  const commands = useMemo(() => commandsOf(handle), [handle]);
  return {
    ...commands,
    view,
    members,
    draft,
    messages: view.messages,
    hasMoreMessages: view.hasMore,
    onlineUsers: presence.online,
    typingUsers: presence.typing,
    isConnected: connection.status === 'online',
  };
}

/** The same functions as long as the handle is the same: they may stand in dependency lists. */
function commandsOf(handle: RoomHandle | null): Commands {
  const held = (): RoomHandle => {
    if (handle === null) throw new Error('The tablo is not open yet.');
    return handle;
  };
  return {
    sendMessage: async (text, replyTo) => held().send(text, replyTo),
    sendTyping: (isTyping) => handle?.sendTyping(isTyping),
    loadMoreMessages: async () => handle?.loadMore(),
    markAsRead: () => handle?.dismissNew(),
    setDraft: (text) => handle?.setDraft(text),
    editMessage: async (target, text) => held().edit(target, text),
    removeMessage: async (target) => held().remove(target),
    react: async (target, emoji, on) => held().react(target, emoji, on),
    retry: async (entry) => held().retry(entry),
    discard: async (entry) => held().discard(entry),
  };
}
