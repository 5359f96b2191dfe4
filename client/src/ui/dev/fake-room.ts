/** One tablo of the gallery's fake chat. */
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { Writable } from '../../chat/base/readable.ts';
import type { Member, PresenceView, RoomHandle, RoomNames, RoomPerson, RoomView } from '../../chat/chat.ts';
import { type Aim, NO_AIM } from '../../chat/draft-aim.ts';
import { namePeople } from '../../chat/people/room-names.ts';
import { hasAllWords, wordsOf } from '../../chat/view/search.ts';

const PAGE = 60;
const SEND_MS = 700;

const NOBODY: RoomPerson = { name: 'Someone', mark: '#0000', short: 'Someone', isNamed: false, hasLeft: false };

export interface FakeRoomOptions {
  readonly id: TabloId;
  readonly user: UserId;
  readonly messages: readonly TimelineMessage[];
  readonly members: readonly Member[];
  readonly presence: PresenceView;
  readonly firstUnreadId: EntryId | null;
  readonly isOnline: () => boolean;
  readonly onChange: (messages: readonly TimelineMessage[]) => void;
  readonly onRead: () => void;
}

export function createFakeRoom(options: FakeRoomOptions): RoomHandle & { receive(message: TimelineMessage): void } {
  const { id, user, messages, members, presence, firstUnreadId, isOnline, onChange, onRead } = options;
  let older = messages.slice(0, Math.max(0, messages.length - PAGE * 3));
  const view = new Writable<RoomView>({
    status: 'ready',
    messages: messages.slice(older.length),
    hasMore: older.length > 0,
    isAtBeginning: older.length === 0,
    isLoadingMore: false,
    hasNewer: false,
    isUpToDate: true,
    firstUnreadId,
    firstUnreadAt: messages.find((message) => message.id === firstUnreadId)?.shownAt ?? null,
    hasUnseen: firstUnreadId !== null,
    closed: null,
  });
  const draft = new Writable('');
  const aim = new Writable<Aim>(NO_AIM);
  const self = members.find((member) => member.id === user) ?? { id: user, name: '' };
  const source = {
    nameOf: (one: UserId) => members.find((member) => member.id === one)?.name ?? null,
    hasLeft: () => true,
  };
  const met = messages.map(({ author }) => author);
  const named = namePeople({ tabloId: id, self, members, met }, source);

  const setMessages = (next: readonly TimelineMessage[]) => {
    view.update((known) => ({ ...known, messages: next }));
    onChange(next);
  };
  const change = (target: EntryId, with_: Partial<TimelineMessage>) =>
    setMessages(view.get().messages.map((message) => (message.id === target ? { ...message, ...with_ } : message)));
  const deliver = (target: EntryId) =>
    setTimeout(() => isOnline() && change(target, { delivery: { status: 'sent' } }), SEND_MS);

  return {
    id,
    view,
    draft,
    aim,
    presence: new Writable(presence),
    members: new Writable(members),
    names: new Writable<RoomNames>({ of: (one) => named.get(one) ?? NOBODY }),
    setDraft: (text) => draft.set(text),
    setAim: (next) => aim.set(next),
    async send(text, replyTo) {
      const at = Date.now();
      const message: TimelineMessage = {
        id: createEntryId(at),
        author: user,
        text,
        sentAt: at,
        shownAt: at,
        replyTo: replyTo ?? null,
        editedAt: null,
        isDeleted: false,
        reactions: [],
        delivery: { status: 'pending' },
        unsentChanges: [],
      };
      setMessages([...view.get().messages, message]);
      deliver(message.id);
      return message.id;
    },
    async edit(target, text) {
      change(target, { text, editedAt: Date.now() });
    },
    async remove(target) {
      change(target, { text: '', isDeleted: true, reactions: [] });
    },
    async react(target, emoji, on) {
      const message = view.get().messages.find((one) => one.id === target);
      if (message === undefined) return;
      const others = message.reactions.map((group) => ({
        emoji: group.emoji,
        users: group.users.filter((one) => one !== user || group.emoji !== emoji),
      }));
      const known = others.some((group) => group.emoji === emoji) ? others : [...others, { emoji, users: [] }];
      const next = known.map((group) =>
        group.emoji === emoji && on ? { emoji, users: [...group.users, user] } : group,
      );
      change(target, { reactions: next.filter((group) => group.users.length > 0) });
    },
    async retry(entry) {
      change(entry, { delivery: { status: 'pending' } });
      deliver(entry);
    },
    async discard(entry) {
      setMessages(view.get().messages.filter((message) => message.id !== entry));
    },
    sendTyping: () => undefined,
    async loadMore() {
      if (view.get().isLoadingMore || older.length === 0) return;
      view.update((known) => ({ ...known, isLoadingMore: true }));
      await new Promise((resolve) => setTimeout(resolve, SEND_MS));
      const page = older.slice(-PAGE);
      older = older.slice(0, -PAGE);
      view.update((known) => ({
        ...known,
        messages: [...page, ...known.messages],
        isLoadingMore: false,
        hasMore: older.length > 0,
        isAtBeginning: older.length === 0,
      }));
    },
    known: (target) => view.get().messages.find((one) => one.id === target) ?? null,
    lookUp: async () => 'here',
    reveal: async (target) => view.get().messages.some((one) => one.id === target),
    async search(query) {
      const words = wordsOf(query);
      const all = view.get().messages;
      const found = all.filter(({ text, isDeleted }) => !isDeleted && hasAllWords(text, words)).toReversed();
      const reach = { count: all.length, since: all[0]?.shownAt ?? null, isNewest: true, isWhole: older.length === 0 };
      return { messages: found, reach };
    },
    async searchOlder(_query, { onPage }) {
      await this.loadMore();
      onPage({ count: PAGE, since: view.get().messages[0]?.shownAt ?? 0 });
    },
    async reach(target) {
      return view.get().messages.some((message) => message.id === target) ? 'here' : 'unreachable';
    },
    reachFirstUnread: async () => 'here',
    loadNewer: async () => undefined,
    showLatest: () => undefined,
    watch: () => undefined,
    markRead: onRead,
    dismissNew() {
      onRead();
      view.update((known) => ({ ...known, firstUnreadId: null, hasUnseen: false }));
    },
    release: () => undefined,
    receive: (message) => setMessages([...view.get().messages, message]),
  };
}
