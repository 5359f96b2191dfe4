/** `Chat` in memory, for the gallery: everything works, nothing leaves the page. */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { tellApart } from '@tablo/schema/names/telling-apart';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { Writable } from '../../chat/base/readable.ts';
import {
  type ChannelList,
  type ChannelSummary,
  type Chat,
  ChatError,
  type ConnectionState,
  type Invitation,
  type InviteLink,
  type StorageState,
} from '../../chat/chat.ts';
import { createFakeRoom } from './fake-room.ts';
import { people, seedEnding, seedInvitations, seedLinks, seedMessages, TABLO_NAMES, tabloId } from './seed.ts';

export interface FakeChatOptions {
  readonly connection: ConnectionState;
  readonly storage: StorageState;
  readonly isEmpty: boolean;
  readonly isLoading: boolean;
  readonly unread: number;
}

export interface FakeChat extends Chat {
  receive(id: TabloId, text: string): void;
}

export function createFakeChat({ connection, storage, isEmpty, isLoading, unread }: FakeChatOptions): FakeChat {
  const user = people[0];
  if (user === undefined) throw new Error('the seed has no people');
  const now = Date.now();
  const state = new Writable<ConnectionState>(connection);
  const histories = new Map<TabloId, readonly TimelineMessage[]>(
    TABLO_NAMES.map((_, index) => {
      const at = now - index * index * 3_400_000;
      const messages = seedMessages(index === 0 ? 400 : (index * 13) % 40, at);
      const quoted = messages.at(-3)?.id ?? null;
      return [tabloId(index), index === 0 ? [...messages, ...seedEnding(now, quoted)] : messages];
    }),
  );
  const labels = tellApart(people);
  const counts = [unread, 3, 0, 128, 0, 1];
  const summary = (name: string, id: TabloId, index: number): ChannelSummary => {
    const last = histories.get(id)?.at(-1);
    const author = people.find((person) => person.id === last?.author);
    return {
      id,
      name,
      role: index === 5 ? 'guest' : index === 1 ? 'admin' : 'owner',
      unreadCount: counts[index] ?? 0,
      lastMessage:
        last === undefined
          ? null
          : {
              id: last.id,
              author: last.author,
              authorName: author?.name ?? '',
              authorMark: labels.get(last.author)?.mark ?? null,
              isAuthorNamed: true,
              hasAuthorLeft: false,
              text: last.text || 'Message deleted',
              shownAt: last.shownAt,
            },
      createdAt: now,
      unsent: { pending: 0, refused: index === 1 ? 1 : 0 },
      hasDraft: index === 3,
    };
  };
  const channels = new Writable<ChannelList>({
    status: isLoading ? 'loading' : 'ready',
    channels: isEmpty || isLoading ? [] : TABLO_NAMES.map((name, index) => summary(name, tabloId(index), index)),
  });
  const rooms = new Map<TabloId, ReturnType<typeof createFakeRoom>>();
  const patch = (id: TabloId, change: Partial<ChannelSummary>) =>
    channels.update((list) => ({
      ...list,
      channels: list.channels.map((channel) => (channel.id === id ? { ...channel, ...change } : channel)),
    }));
  const drop = (id: TabloId) =>
    channels.update((list) => ({ ...list, channels: list.channels.filter((channel) => channel.id !== id) }));

  function openRoom(id: TabloId) {
    const known = rooms.get(id);
    if (known !== undefined) return known;
    const messages = histories.get(id) ?? [];
    const count = channels.get().channels.find((channel) => channel.id === id)?.unreadCount ?? 0;
    const firstUnreadId: EntryId | null =
      count > 0 ? (messages.at(-Math.min(count, messages.length))?.id ?? null) : null;
    const room = createFakeRoom({
      id,
      user: people[0]?.id ?? ('' as never),
      messages,
      members: messages.length === 0 ? people.slice(0, 1) : people,
      presence: { online: people.slice(0, 5), typing: id === tabloId(0) ? people.slice(1, 3) : [] },
      firstUnreadId,
      isOnline: () => state.get().status === 'online',
      onChange: (next) => {
        const last = next.at(-1);
        if (last === undefined) return;
        const authorName = people.find((person) => person.id === last.author)?.name ?? '';
        patch(id, {
          lastMessage: {
            id: last.id,
            author: last.author,
            authorName,
            authorMark: null,
            isAuthorNamed: true,
            hasAuthorLeft: false,
            text: last.text,
            shownAt: last.shownAt,
          },
        });
      },
      onRead: () => patch(id, { unreadCount: 0 }),
    });
    rooms.set(id, room);
    return room;
  }

  const invitations = new Writable<readonly Invitation[]>(seedInvitations(now));
  let links: readonly InviteLink[] = seedLinks(now);
  let made = 100;
  return {
    user: { id: user.id, name: user.name, email: user.email },
    connection: state,
    storage: new Writable(storage),
    channels,
    people: new Writable({ names: new Map(people.map(({ id, name }) => [id, name])) }),
    invitations,
    openRoom,
    firstRefused: () => null,
    async createTablo(name) {
      if (state.get().status !== 'online') throw new ChatError('offline', 'Starting a tablo needs a connection.');
      made += 1;
      const id = tabloId(made);
      channels.update((list) => ({ ...list, channels: [summary(name, id, made), ...list.channels] }));
      return id;
    },
    renameTablo: async (id, name) => patch(id, { name }),
    deleteTablo: async (id) => drop(id),
    leaveTablo: async () => {
      throw new ChatError('last-owner', 'You are the last owner: make somebody else an owner first.');
    },
    removeMember: async () => undefined,
    setMemberRole: async () => 'member',
    createInvite: async () => ({
      url: `${location.origin}/invite/7Qm2xK9vT4wB8nRc1LpZ`,
      expiresAt: now + 7 * 86_400_000,
    }),
    listInvites: async () => links,
    revokeInvite: async (_, inviteId) => {
      links = links.filter(({ id }) => id !== inviteId);
    },
    readInvite: async () => ({
      tabloName: 'Design review',
      memberCount: 7,
      role: 'member',
      invitedBy: 'Ada Lovelace',
      expiresAt: now + 3 * 86_400_000,
      joined: null,
    }),
    acceptInvite: async () => tabloId(1),
    acceptInvitation: async (id) => {
      invitations.update((known) => known.filter((one) => one.id !== id));
      return tabloId(1);
    },
    declineInvitation: async (id) => invitations.update((known) => known.filter((one) => one.id !== id)),
    countUnsent: async () => 2,
    countDrafts: async () => 1,
    countUnsynced: async () => ({ entries: 2, drafts: 1 }),
    exportUnsent: async () => 'Unsent messages of the gallery\n',
    reconnect: () => state.set({ status: 'online' }),
    close: async () => undefined,
    wipe: async () => undefined,
    receive(id, text) {
      const room = openRoom(id);
      const [sample] = seedMessages(1, Date.now());
      if (sample !== undefined) room.receive({ ...sample, text, sentAt: Date.now(), shownAt: Date.now() });
    },
  };
}
