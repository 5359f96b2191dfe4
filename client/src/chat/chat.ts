/**
 * What the page and the hooks see of the chat: everything is readable at once from local state, and every command works offline.
 * `ChatClient` (chat-client.ts) is the real one; `ui/` is developed and tested against these interfaces alone.
 */
import type { ReasonCode, Refusal } from '@tablo/schema/close-codes';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { Aim } from './draft-aim.ts';
import type { Readable } from './readable.ts';

export interface Person {
  readonly id: UserId;
  readonly name: string;
}

export type ConnectionState =
  /** `reason`: the server is there, but cannot store messages. */
  | { readonly status: 'online'; readonly reason?: 'unavailable' }
  /** `reason`: why the last attempt ended, when the server said. */
  | { readonly status: 'connecting'; readonly reason?: ReasonCode }
  | { readonly status: 'offline'; readonly reason?: ReasonCode };

export type StorageState =
  | { readonly status: 'durable' }
  /** Unsent entries are kept, but nothing else is. */
  | { readonly status: 'partial'; readonly message: string }
  /** The browser refuses storage: the app works, but only until this tab closes. */
  | { readonly status: 'memory'; readonly message: string };

export interface UnsentCounts {
  /** Waiting to be sent. */
  readonly pending: number;
  /** Not taken by the server: kept until it is tried again or discarded [R8]. */
  readonly refused: number;
}

export interface ChannelSummary {
  readonly id: TabloId;
  readonly name: string;
  readonly role: Role;
  readonly unreadCount: number;
  /** The newest message of the timeline, own pending ones included. */
  readonly lastMessage: {
    readonly id: EntryId;
    readonly author: UserId;
    readonly authorName: string;
    /** What tells the author from others who look alike, if there are any. Never part of the name. */
    readonly authorMark: string | null;
    readonly text: string;
    readonly shownAt: number;
  } | null;
  readonly createdAt: number;
  /** Own messages and changes that are not delivered. */
  readonly unsent: UnsentCounts;
  /** Something is typed there and not sent. */
  readonly hasDraft: boolean;
}

export interface ChannelList {
  /** `loading`: nothing is known yet, neither from this device nor from the server. */
  readonly status: 'loading' | 'ready';
  /** Newest activity first. */
  readonly channels: readonly ChannelSummary[];
}

export interface Member extends Person {
  readonly email: string | null;
  readonly avatarUrl: string | null;
  readonly role: Role;
}

export interface RoomView {
  readonly status: 'loading' | 'ready';
  /** In order; deleted ones marked; own pending and refused ones last. */
  readonly messages: readonly TimelineMessage[];
  /** Older messages exist, here or on the server. */
  readonly hasMore: boolean;
  /** The tablo's first message is shown. Stays so while its older messages are read again, as they are when it moves to its next document. */
  readonly isAtBeginning: boolean;
  readonly isLoadingMore: boolean;
  /** First message that was unread when the room was opened: where the *new messages* divider stands. Stays until the room is left. */
  readonly firstUnreadId: EntryId | null;
  /** Set when this tablo can no longer be used (removed, deleted): text and drafts stay readable. */
  readonly closed: Refusal | null;
}

export interface PresenceView {
  /** Members with the tablo open, oneself included, by name. */
  readonly online: readonly Person[];
  /** Others who are typing right now. */
  readonly typing: readonly Person[];
}

/** One open tablo. Got from `Chat.openRoom`; call `release` when the view goes away. */
export interface RoomHandle {
  readonly id: TabloId;
  readonly view: Readable<RoomView>;
  readonly presence: Readable<PresenceView>;
  readonly members: Readable<readonly Member[]>;
  /** Text in the composer; survives reload, crash and switching tablos. */
  readonly draft: Readable<string>;
  setDraft(text: string): void;
  /** What the composer is aimed at; survives what the draft survives, on this device. */
  readonly aim: Readable<Aim>;
  setAim(aim: Aim): void;
  /** Resolves when the entry is stored on this device (or, without storage, held in memory). Throws `RangeError` with a sentence for bad text. */
  send(text: string, replyTo?: EntryId): Promise<EntryId>;
  edit(target: EntryId, text: string): Promise<void>;
  /** Deletes a sent message for everybody; cancels a pending or refused one, which others then never see. */
  remove(target: EntryId): Promise<void>;
  react(target: EntryId, emoji: string, on: boolean): Promise<void>;
  /** Sends a refused entry (message or change) again. */
  retry(entry: EntryId): Promise<void>;
  /** Forgets a refused entry. */
  discard(entry: EntryId): Promise<void>;
  sendTyping(isTyping: boolean): void;
  /** Reads older messages from this device, then from the server. Concurrent calls are one. */
  loadMore(): Promise<void>;
  /** Everything that is here now has been read. */
  markRead(): void;
  release(): void;
}

/** What `ChatClient.openRoom` gives beyond what the page needs. */
export interface SearchableRoom extends RoomHandle {
  /** [R7] Messages on this device that contain all words of `query`, newest first. */
  search(query: string): Promise<readonly TimelineMessage[]>;
}

export interface Invite {
  readonly url: string;
  readonly expiresAt: number;
}

/** An invitation link, before it is taken. */
export interface InviteOffer {
  readonly tabloName: string;
  readonly memberCount: number;
  readonly role: Role;
  /** The name that whoever made the link goes by. */
  readonly invitedBy: string | null;
  readonly expiresAt: number;
}

/** A link that somebody of the tablo made. */
export interface InviteLink {
  readonly id: string;
  readonly role: Role;
  readonly createdBy: UserId;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** null: any number of people. */
  readonly maxUses: number | null;
  readonly uses: number;
}

/** Somebody asks this user into a tablo, which they are told no more of than this. */
export interface Invitation {
  readonly id: string;
  readonly tabloName: string;
  readonly memberCount: number;
  readonly role: Role;
  readonly invitedBy: string | null;
  readonly createdAt: number;
}

export interface Losses {
  readonly entries: number;
  readonly drafts: number;
}

/** Commands that need the server reject with `ChatError`. */
export class ChatError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Chat {
  readonly user: Person & { readonly email: string | null };
  readonly connection: Readable<ConnectionState>;
  readonly storage: Readable<StorageState>;
  readonly channels: Readable<ChannelList>;
  /** Oldest first; empty without the server. */
  readonly invitations: Readable<readonly Invitation[]>;
  openRoom(id: TabloId): RoomHandle;
  createTablo(name: string): Promise<TabloId>;
  renameTablo(id: TabloId, name: string): Promise<void>;
  deleteTablo(id: TabloId): Promise<void>;
  leaveTablo(id: TabloId): Promise<void>;
  removeMember(id: TabloId, user: UserId): Promise<void>;
  /** `invited`: they are no member (any more) and share no tablo with us, so they were asked. */
  setMemberRole(id: TabloId, user: UserId, role: Role): Promise<'member' | 'invited'>;
  createInvite(id: TabloId, role?: Role): Promise<Invite>;
  listInvites(id: TabloId): Promise<readonly InviteLink[]>;
  revokeInvite(id: TabloId, inviteId: string): Promise<void>;
  /** Looks at an invitation link without taking it. */
  readInvite(code: string): Promise<InviteOffer>;
  acceptInvite(code: string): Promise<TabloId>;
  acceptInvitation(id: string): Promise<TabloId>;
  declineInvitation(id: string): Promise<void>;
  /** Entries that are not delivered yet, over all tablos: asked for before signing out. */
  countUnsent(): Promise<number>;
  /** Tablos with a text that is typed and not sent. */
  countDrafts(): Promise<number>;
  /** What signing out would lose: entries that are not delivered, and drafts that are on this device only, after a last try to tell the server. */
  countLosses(): Promise<Losses>;
  /** [R8] Undelivered entries and drafts as a document for people. */
  exportUnsent(): Promise<string>;
  /** Tries the connection now instead of waiting for the back-off. */
  reconnect(): void;
  /** Closes sockets and stores; local data stays. */
  close(): Promise<void>;
  /** Closes and deletes this user's local data, in all tabs. */
  wipe(): Promise<void>;
}
