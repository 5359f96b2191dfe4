/** One message of Stream's → rows of ours. Pure: what it needs to know of the rest is its arguments. */
import type { UserId } from '@tablo/schema/ids';
import type { JsonObject } from '../file/piece-builder.ts';
import { asId, asList, asObject, asText, asTime, isLongId } from '../file/read-value.ts';
import type { LeftOut } from './left-out.ts';
import { readText } from './message-text.ts';
import type { People } from './people.ts';
import { asUuid, createNamedId } from './stream-ids.ts';

export interface MessageRow {
  readonly cid: string;
  readonly stream_id: string;
  /** 0; of a text that is too long for one message, the others count on. */
  readonly part: number;
  /** Stream's, where it is a UUID; null where `other_id` is the only one. */
  readonly id: string | null;
  /** In case `id` is taken. */
  readonly other_id: string;
  readonly author: UserId;
  readonly text: string;
  /** Microseconds since the Unix epoch. */
  readonly t_us: number;
  /** ms since the Unix epoch. */
  readonly edited_ms: number | null;
  readonly deleted_ms: number | null;
  /** Stream's id of the message that it answers, and what that becomes. */
  readonly reply: string | null;
  readonly reply_id: string | null;
  readonly reply_other_id: string | null;
  /** When Stream last changed anything of it, in microseconds: of two states in one file the later one counts. */
  readonly said_us: number;
  /** Nothing is missing among the reactions that this state lists. */
  readonly has_all_reactions: boolean;
  /** Of part 0: what the part after the last one would be called, so that those of a longer text are found. */
  readonly beyond_id: string | null;
}

export interface MappedMessage {
  readonly rows: readonly MessageRow[];
  readonly reactions: readonly JsonObject[];
  /** Reactions that Stream counts, and the file does not list. */
  readonly unlistedReactions: number;
  readonly attached: readonly string[];
  readonly dropped: readonly string[];
  readonly isMended: boolean;
  readonly isPinned: boolean;
}

interface Context {
  readonly cid: string;
  readonly people: People;
  readonly keepsSystemMessages: boolean;
}

export function mapMessage(message: JsonObject, context: Context): MappedMessage | LeftOut {
  const { cid, people } = context;
  const streamId = asId(message['id']);
  if (streamId === null) return isLongId(message['id']) ? 'long-id' : 'no-id';
  const type = asText(message['type']) ?? 'regular';
  if (type === 'error' || type === 'ephemeral') return 'ephemeral';
  if (type === 'system' && !context.keepsSystemMessages) return 'system';
  if (message['shadowed'] === true) return 'shadowed';
  if (asList(message['restricted_visibility']).length > 0) return 'restricted';
  if (message['status'] === 'pending' || message['pending'] === true) return 'pending';
  const author = people.meet(message['user'], asId(message['user']) ?? asId(message['user_id']));
  if (author === null) return isLongId(message['user']) || isLongId(message['user_id']) ? 'long-id' : 'no-author';
  const time = asTime(message['created_at']);
  if (time === null) return 'no-time';
  const deleted = asTime(message['deleted_at']) ?? (type === 'deleted' ? time : null);
  const text = readText(message);
  // What was deleted keeps its place, and none of its text.
  const parts = deleted === null ? text.parts : [''];
  if (parts.length === 0) return 'no-text';
  author.isNeeded = true;
  author.messages += 1;
  for (const one of asList(message['mentioned_users'])) people.meet(one);
  const reply = asId(message['quoted_message_id']) ?? asId(message['quoted_message']) ?? asId(message['parent_id']);
  const edited = deleted === null ? asTime(message['message_text_updated_at']) : null;
  const reactions = deleted === null ? reactionsOf(message) : [];
  const unlistedReactions = deleted === null ? Math.max(0, countOf(message) - reactions.length) : 0;
  const listsReactions = REACTION_LISTS.some((list) => Array.isArray(message[list]));
  const said_us = Math.max(
    ...['created_at', 'updated_at', 'message_text_updated_at', 'deleted_at'].map((key) => asTime(message[key]) ?? 0),
  );
  return {
    rows: parts.map((part, nth) => ({
      ...{ cid, stream_id: streamId, part: nth, author: author.id, text: part, t_us: time, said_us },
      id: nth === 0 ? asUuid(streamId) : null,
      other_id: messageId(cid, streamId, nth),
      edited_ms: edited === null ? null : Math.floor(edited / 1_000),
      deleted_ms: deleted === null ? null : Math.floor(deleted / 1_000),
      // The first part answers; the others go on from it.
      reply: nth === 0 ? reply : null,
      reply_id: nth === 0 && reply !== null ? asUuid(reply) : null,
      reply_other_id: nth === 0 && reply !== null ? messageId(cid, reply, 0) : null,
      has_all_reactions: deleted !== null || (listsReactions && unlistedReactions === 0),
      beyond_id: nth === 0 ? messageId(cid, streamId, parts.length) : null,
    })),
    ...{ reactions, unlistedReactions },
    ...{ attached: deleted === null ? text.attached : [], dropped: deleted === null ? text.dropped : [] },
    isMended: deleted === null && text.isMended,
    isPinned: message['pinned'] === true,
  };
}

export const messageId = (cid: string, streamId: string, part: number): string =>
  part === 0 ? createNamedId('message', cid, streamId) : createNamedId('message', cid, streamId, part);

const REACTION_LISTS = ['reactions', 'latest_reactions', 'own_reactions'] as const;

/** The same reaction may stand in several of the lists. */
function reactionsOf(message: JsonObject): readonly JsonObject[] {
  const found = new Map<string, JsonObject>();
  for (const list of REACTION_LISTS) {
    for (const one of asList(message[list])) {
      const reaction = asObject(one);
      if (reaction === null) continue;
      const key = JSON.stringify([reaction['type'], asId(reaction['user_id']) ?? asId(reaction['user'])]);
      if (!found.has(key)) found.set(key, reaction);
    }
  }
  return [...found.values()];
}

function countOf(message: JsonObject): number {
  const counts = asObject(message['reaction_counts']) ?? {};
  return Object.values(counts).reduce<number>((sum, one) => sum + (typeof one === 'number' ? one : 0), 0);
}
