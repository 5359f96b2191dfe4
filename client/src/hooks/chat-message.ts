/** A message as host applications see it: plain values, and the same object as long as nothing of it changes. */
import type { ReasonCode } from '@tablo/schema/close-codes';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { RoomNames } from '../chat/chat.ts';

export interface ChatReaction {
  emoji: string;
  /** Who reacted, earliest first. */
  userIds: string[];
}

export interface ChatMessage {
  id: string;
  channelId: string;
  userId: string;
  userName: string;
  /** Plain text; empty when deleted. */
  text: string;
  /** ISO 8601: where the message stands in the conversation. */
  createdAt: string;
  /** ISO 8601: when it was edited last; `null`: never. */
  updatedAt: string | null;
  isDeleted: boolean;
  /** Id of the message that it answers. */
  replyTo: string | null;
  reactions: ChatReaction[];
  /** User ids; empty until mentions come. */
  mentions: string[];
  /** The same as `id`: a message has its id before it is sent. */
  clientId: string;
  /** On its way: `status` is `pending`. */
  optimistic: boolean;
  status: 'pending' | 'sent' | 'refused';
  /** Why it was refused, in a sentence; else `null`. */
  reason: string | null;
  reasonCode: ReasonCode | null;
}

function readMessage(channelId: string, message: TimelineMessage, userName: string): ChatMessage {
  const { id, author, text, shownAt, editedAt, isDeleted, replyTo, reactions, delivery } = message;
  const refusal = delivery.status === 'refused' ? delivery.refusal : null;
  return {
    id,
    channelId,
    userId: author,
    userName,
    text,
    createdAt: new Date(shownAt).toISOString(),
    updatedAt: editedAt === null ? null : new Date(editedAt).toISOString(),
    isDeleted,
    replyTo,
    reactions: reactions.map(({ emoji, users }) => ({ emoji, userIds: [...users] })),
    mentions: [],
    clientId: id,
    optimistic: delivery.status === 'pending',
    status: delivery.status,
    reason: refusal?.message ?? null,
    reasonCode: refusal?.code ?? null,
  };
}

/** Reads the messages of one tablo, again and again: a long list costs what has changed. */
export class MessageReader {
  readonly #channelId: string;
  readonly #read = new WeakMap<TimelineMessage, ChatMessage>();

  constructor(channelId: string) {
    this.#channelId = channelId;
  }

  readAll(messages: readonly TimelineMessage[], names: RoomNames, includeDeleted: boolean): ChatMessage[] {
    const shown = includeDeleted ? messages : messages.filter(({ isDeleted }) => !isDeleted);
    return shown.map((message) => this.#readOne(message, names.of(message.author).name));
  }

  #readOne(message: TimelineMessage, userName: string): ChatMessage {
    const known = this.#read.get(message);
    if (known !== undefined && known.userName === userName) return known;
    const read = readMessage(this.#channelId, message, userName);
    this.#read.set(message, read);
    return read;
  }
}
