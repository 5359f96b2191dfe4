/** One tablo for a host application's own view: plain values by the names that hosts code against. */
import { isTabloId } from '@tablo/schema/ids';
import { useMemo } from 'react';
import { type Readable, Writable } from '../chat/base/readable.ts';
import type { Member, PresenceView, RoomNames, RoomView } from '../chat/chat.ts';
import { type ChatCommands, createChatCommands } from './chat-commands.ts';
import { useChatHere } from './chat-context.tsx';
import { type ChatMessage, MessageReader } from './chat-message.ts';
import { type ChatPeople, peopleOfRoom } from './chat-people.ts';
import { useConnection } from './use-connection.ts';
import { useReadable } from './use-readable.ts';
import { useRoom } from './use-room.ts';

export interface ChatMember {
  id: string;
  name: string;
  email: string | null;
  avatarUrl: string | null;
  role: Member['role'];
}

export interface UseChatOptions {
  /** Deleted messages stay in `messages`, without a text. */
  readonly includeDeleted?: boolean | undefined;
}

export interface UseChat extends ChatCommands {
  /** Oldest first; own unsent ones last. */
  messages: ChatMessage[];
  isConnected: boolean;
  /** Others who are typing. User ids. */
  typingUsers: string[];
  /** Everybody who has this channel open, oneself included. User ids. */
  onlineUsers: string[];
  hasMoreMessages: boolean;

  isLoadingMore: boolean;
  /** Nothing is known yet, neither from this device nor from the server. */
  isLoading: boolean;
  /** Why this channel can no longer be used, in a sentence; `null`: it can. */
  closedReason: string | null;
  /** The first of others' messages that came while nobody looked. */
  firstUnreadId: string | null;
  members: ChatMember[];
  /** By user id: everybody whom this channel's messages, members and presence name. */
  people: ChatPeople;
  /** What is typed and not sent; it survives a reload. */
  draft: string;
  /** Who is signed in; `null`: nobody. */
  userId: string | null;
}

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
const EMPTY: {
  readonly view: Readable<RoomView>;
  readonly presence: Readable<PresenceView>;
  readonly members: Readable<readonly Member[]>;
  readonly names: Readable<RoomNames>;
  readonly draft: Readable<string>;
} = {
  view: new Writable(NOTHING_YET),
  presence: new Writable<PresenceView>({ online: [], typing: [] }),
  members: new Writable<readonly Member[]>([]),
  names: new Writable<RoomNames>({ of: () => ({ name: '', mark: null, short: '', isNamed: false, hasLeft: false }) }),
  draft: new Writable(''),
};

const idsOf = (people: readonly { readonly id: string }[]): string[] => people.map(({ id }) => id);

/** `channelId`: the tablo's. Whatever is none opens nothing. */
export function useChat(
  channelId: string | null | undefined,
  { includeDeleted = false }: UseChatOptions = {},
): UseChat {
  const id = isTabloId(channelId) ? channelId : null;
  const { chat, access } = useChatHere();
  const room = useRoom(id) ?? EMPTY;
  const view = useReadable(room.view);
  const presence = useReadable(room.presence);
  const roomMembers = useReadable(room.members);
  const names = useReadable(room.names);
  const draft = useReadable(room.draft);
  const { status } = useConnection();

  const commands = useMemo(() => createChatCommands(access, id), [access, id]);
  const reader = useMemo(() => new MessageReader(id ?? ''), [id]);
  const messages = useMemo(
    () => reader.readAll(view.messages, names, includeDeleted),
    [reader, view.messages, names, includeDeleted],
  );
  const typingUsers = useMemo(() => idsOf(presence.typing), [presence]);
  const onlineUsers = useMemo(() => idsOf(presence.online), [presence]);
  const members = useMemo(() => roomMembers.map((member) => ({ ...member })), [roomMembers]);
  const people = useMemo(
    () => peopleOfRoom(names, roomMembers, presence, view.messages),
    [names, roomMembers, presence, view.messages],
  );

  return {
    ...commands,
    messages,
    typingUsers,
    onlineUsers,
    members,
    people,
    draft,
    isConnected: id !== null && status === 'online',
    hasMoreMessages: view.hasMore,
    isLoadingMore: view.isLoadingMore,
    isLoading: id !== null && view.status === 'loading',
    closedReason: view.closed?.message ?? null,
    firstUnreadId: view.firstUnreadId,
    userId: chat?.user.id ?? null,
  };
}
