/**
 * What the page and the hooks see of the chat: everything is readable at once from local state, and every command works offline.
 * `ChatClient` (chat-client.ts) is the real one; `ui/` is developed and tested against these interfaces alone.
 */

import type { ReasonCode, Refusal } from '@tablo/schema/close-codes';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { PersonLabel } from '@tablo/schema/names/telling-apart';
import type { Role } from '@tablo/schema/roles';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { Readable } from './base/readable.ts';
import type { Aim } from './draft-aim.ts';

export interface RoomPerson extends PersonLabel {
  /** `false`: this device knows no name for them. `name` is then a word of the page, and `mark` distinguishes them from others without a name. */
  readonly isNamed: boolean;
  /** They belong to the tablo no more, as the server has confirmed. */
  readonly hasLeft: boolean;
}

export interface RoomNames {
  /** Of anybody: there is always something to call them by. */
  of(id: UserId): RoomPerson;
}

/** Another object when somebody is called otherwise. */
export interface KnownNames {
  readonly names: ReadonlyMap<UserId, string>;
}

export interface Person {
  readonly id: UserId;
  readonly name: string;
}

export type ConnectionState =
  /** `reason`: the server is there, but cannot store messages. */
  | { readonly status: 'online'; readonly reason?: 'unavailable' }
  /** `reason`: why the last attempt ended, if the server gave a reason. */
  | { readonly status: 'connecting'; readonly reason?: ReasonCode }
  /** `obstacle`: the server answers, but no socket opens; why, and what the operator can do, in a sentence. */
  | { readonly status: 'offline'; readonly reason?: ReasonCode; readonly obstacle?: string };

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
    /** `false`: nobody knows a name, and `authorName` is a word of the page. */
    readonly isAuthorNamed: boolean;
    /** The author belongs to the tablo no more, as the server has confirmed. */
    readonly hasAuthorLeft: boolean;
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
  /** The server has answered since the room was opened: what comes from now on, other than older messages, is new. Stays so until the room is left. */
  readonly isUpToDate: boolean;
  /** What is shown does not end with the newest message: the reader has gone to an older one (`reach`). */
  readonly hasNewer: boolean;
  /**
   * Where the *new messages* divider stands: the first of others' messages that came while nobody looked, among `messages` or not. Stays after they were read,
   * until others come, or the reader answers or leaves. `null` as well while nobody knows which is the first.
   */
  readonly firstUnreadId: EntryId | null;
  /** When it is shown, ms since the Unix epoch; `null`: not known here. */
  readonly firstUnreadAt: number | null;
  /** There are new messages, and they have not been read. */
  readonly hasUnseen: boolean;
  /** Set when this tablo can no longer be used (removed, deleted): text and drafts stay readable. */
  readonly closed: Refusal | null;
}

/**
 * What became of a way to a message: it stands among `messages` now · it was deleted, or never was in this tablo · this device does not have it, and the server
 * cannot be asked · something else was wished for meanwhile.
 */
export type Reached = 'here' | 'gone' | 'unreachable' | 'superseded';

export interface PresenceView {
  /** Members with the tablo open, oneself included, by name. */
  readonly online: readonly Person[];
  /** Others who are typing right now. */
  readonly typing: readonly Person[];
}

/** What is known here of one message; `deleted`: that it is gone; null: nothing. */
export type KnownMessage = TimelineMessage | 'deleted' | null;

/** How much of a tablo was searched: what this device has of it. */
export interface SearchReach {
  /** Messages that are not deleted. */
  readonly count: number;
  /** `shownAt` of the oldest of them, ms since the Unix epoch; null: there is none. */
  readonly since: number | null;
  /** These are the newest of the tablo, and none is missing among them, as the server says. */
  readonly isNewest: boolean;
  /** It is the whole tablo, as the server says. */
  readonly isWhole: boolean;
}

export interface SearchAnswer {
  /** Newest first. */
  readonly messages: readonly TimelineMessage[];
  readonly reach: SearchReach;
}

export interface OlderSearch {
  readonly signal: AbortSignal;
  /** After each page; `since`: `shownAt` of its oldest message, ms since the Unix epoch. */
  readonly onPage: (progress: { readonly count: number; readonly since: number }) => void;
}

/** One open tablo. Got from `Chat.openRoom`; call `release` when the view goes away. */
export interface RoomHandle {
  readonly id: TabloId;
  readonly view: Readable<RoomView>;
  readonly presence: Readable<PresenceView>;
  readonly members: Readable<readonly Member[]>;
  /** What everybody is called here, who left as well. Another object when somebody is called otherwise. */
  readonly names: Readable<RoomNames>;
  /** Text in the composer; survives reload, crash and switching tablos. */
  readonly draft: Readable<string>;
  setDraft(text: string): void;
  /** What the composer is aimed at; survives what the draft survives, on this device. */
  readonly aim: Readable<Aim>;
  setAim(aim: Aim): void;
  /** Resolves when the entry is stored on this device (or, without storage, held in memory). Rejects with `ChatError` and a sentence for people: `invalid-update` for a text that is too long, shows nothing, or has a NUL or half a character. */
  send(text: string, replyTo?: EntryId): Promise<EntryId>;
  /**
   * Rejects as `send` does, and with `not-found` where no such message is here; so do the four below. `wasHere`: the person picked it when it was, however long
   * ago, and the server tells what has become of it.
   */
  edit(target: EntryId, text: string, wasHere?: boolean): Promise<void>;
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
  /** What this device knows of a message, which need not be among those of `view`. The same reference until it changes. */
  known(id: EntryId): KnownMessage;
  /** Asks the server, once, about a message that is not among those of `view`. Rejects with `ChatError` where it has to be asked and can't be. */
  lookUp(id: EntryId): Promise<'here' | 'deleted'>;
  /** Makes `view` reach back to a message that this device has. False: it does not have it. */
  reveal(id: EntryId): Promise<boolean>;
  /** [R7] Messages on this device that contain all words of `query`, without case or accents. */
  search(query: string): Promise<SearchAnswer>;
  /**
   * Reads older messages from the server onto this device, page by page, until one has all words of `query`, or there are no more, or `signal` is aborted.
   * Rejects with `ChatError` where the server can't be reached; what was read stays.
   */
  searchOlder(query: string, options: OlderSearch): Promise<void>;
  /** Shows a message, wherever it stands. `depth`: it was shown before, with so many after it, so this device may still have it. */
  reach(id: EntryId, depth?: number): Promise<Reached>;
  /** The same for the first new one, which `firstUnreadId` names then. */
  reachFirstUnread(): Promise<Reached>;
  /** Towards the newest messages, where `hasNewer`. Rejects with `ChatError`. */
  loadNewer(): Promise<void>;
  /** Back to the newest messages. */
  showLatest(): void;
  /** Says whenever it is asked whether somebody is looking at the newest messages: what comes then is not new to them. `null`: no more. */
  watch(isLooking: (() => boolean) | null): void;
  /** Everything that is here now has been read. */
  markRead(): void;
  /** The same when the reader asks for it: the divider disappears as well. While the tablo has not loaded, the request is kept for a minute, also when the handle is released. */
  dismissNew(): void;
  release(): void;
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
  /** Where it leads, for who belongs there already. */
  readonly joined: TabloId | null;
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

/** Somebody invites this user to a tablo. The user learns no more of the tablo than this. */
export interface Invitation {
  readonly id: string;
  readonly tabloName: string;
  readonly memberCount: number;
  readonly role: Role;
  readonly invitedBy: string | null;
  readonly createdAt: number;
}

export interface UnsyncedCounts {
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
  /** The names of all people whom this device knows. */
  readonly people: Readable<KnownNames>;
  /** Oldest first; empty without the server. */
  readonly invitations: Readable<readonly Invitation[]>;
  openRoom(id: TabloId): RoomHandle;
  /** The message that was refused first, or whose change was; `null`: nothing is refused there. */
  firstRefused(id: TabloId): EntryId | null;
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
  countUnsynced(): Promise<UnsyncedCounts>;
  /** [R8] Undelivered entries and drafts as a document for people. */
  exportUnsent(): Promise<string>;
  /** Tries the connection now instead of waiting for the back-off. */
  reconnect(): void;
  /** Closes sockets and stores; local data stays. */
  close(): Promise<void>;
  /** Closes and deletes this user's local data, in all tabs. */
  wipe(): Promise<void>;
}
