/** Reactions, read positions, members and channels of Stream's → what is stored of them. Pure. */
import type { UserId } from '@tablo/schema/ids';
import { MAX_TABLO_NAME_CODE_POINTS } from '@tablo/schema/limits';
import { cleanName } from '@tablo/schema/names/name';
import type { Role } from '@tablo/schema/roles';
import type { JsonObject } from '../file/piece-builder.ts';
import { asId, asObject, asText, asTime, isLongId } from '../file/read-value.ts';
import type { LeftOut } from './left-out.ts';
import type { People, Person } from './people.ts';
import { emojiOf } from './reaction-emoji.ts';
import { createNamedId } from './stream-ids.ts';

export interface ReactionRow {
  /** Null: the file does not say; the message's id is enough, Stream's are an application's. */
  readonly cid: string | null;
  readonly stream_id: string;
  readonly entry_id: string;
  readonly author: UserId;
  readonly emoji: string;
  readonly ms: number;
}

interface ReactionContext {
  readonly cid: string | null;
  /** Of the message that has it in one of its lists. */
  readonly streamId: string | null;
  readonly people: People;
  readonly emoji: ReadonlyMap<string, string>;
}

export function mapReaction(reaction: JsonObject, context: ReactionContext): ReactionRow | LeftOut {
  const streamId = context.streamId ?? asId(reaction['message_id']);
  if (streamId === null) return isLongId(reaction['message_id']) ? 'long-id' : 'no-message';
  const author = personOf(reaction, context.people);
  if (author === null) return withoutUser(reaction);
  const emoji = emojiOf(asText(reaction['type']) ?? '', context.emoji);
  if (emoji === null) return 'unknown-reaction';
  const time = asTime(reaction['created_at']) ?? asTime(reaction['updated_at']);
  if (time === null) return 'no-time';
  author.isNeeded = true;
  // By the emoji, not by Stream's word: two words of one emoji are one reaction here.
  const entry_id = createNamedId('reaction', context.cid ?? '', streamId, author.streamId, emoji);
  return { cid: context.cid, stream_id: streamId, entry_id, author: author.id, emoji, ms: Math.floor(time / 1_000) };
}

export interface ReadRow {
  readonly cid: string;
  readonly reader: UserId;
  /** Read up to this time, in microseconds; null: up to `stream_id`. */
  readonly last_us: number | null;
  readonly stream_id: string | null;
}

export function mapRead(read: JsonObject, cid: string | null, people: People): ReadRow | LeftOut {
  if (cid === null) return 'no-channel';
  const reader = personOf(read, people);
  if (reader === null) return withoutUser(read);
  const last_us = asTime(read['last_read']);
  const stream_id = asId(read['last_read_message_id']);
  if (last_us === null && stream_id === null) return 'no-time';
  reader.isNeeded = true;
  return { cid, reader: reader.id, last_us, stream_id };
}

export interface MemberRow {
  readonly cid: string;
  readonly member: UserId;
  readonly role: Role;
  /** ms since the Unix epoch. */
  readonly since: number | null;
  /** Messages before this are hidden from them, which there is nothing like here. */
  readonly isHidden: boolean;
}

export function mapMember(value: JsonObject, cid: string | null, people: People): MemberRow | LeftOut {
  if (cid === null) return 'no-channel';
  const member = personOf(value, people);
  if (member === null) return withoutUser(value);
  member.isNeeded = true;
  const since = asTime(value['created_at']);
  return {
    ...{ cid, member: member.id, role: roleOf(value) },
    since: since === null ? null : Math.floor(since / 1_000),
    isHidden: asTime(value['hide_messages_before']) !== null || asTime(value['history_hidden_before']) !== null,
  };
}

/** The highest of what Stream says in three places. */
function roleOf(value: JsonObject): Role {
  const said = [value['role'], value['channel_role'], value['is_moderator'] === true ? 'moderator' : null];
  if (said.includes('owner')) return 'owner';
  if (said.some((one) => ['admin', 'moderator', 'channel_moderator'].includes(String(one)))) return 'admin';
  return said.some((one) => ['guest', 'anonymous'].includes(String(one))) ? 'guest' : 'member';
}

/** Stream says of a read or a member in which of them somebody is: `{user_id}`, `{user}`, or `user` as a text. */
const personOf = (value: JsonObject, people: People): Person | null =>
  people.meet(value['user'], asId(value['user_id']) ?? asId(value['user']));

const withoutUser = (value: JsonObject): LeftOut =>
  isLongId(value['user']) || isLongId(value['user_id']) ? 'long-id' : 'no-user';

export interface Channel {
  readonly cid: string;
  readonly id: string | null;
  readonly name: string | null;
  readonly creator: Person | null;
  /** ms since the Unix epoch. */
  readonly createdAt: number | null;
  /** Messages up to then were taken away, in microseconds. */
  readonly truncatedAt: number | null;
  readonly isDeleted: boolean;
}

export function mapChannel(value: JsonObject, cid: string, people: People): Channel {
  const data = asObject(value['data']) ?? {};
  const createdAt = asTime(value['created_at']);
  return {
    cid,
    id: asId(value['id']) ?? cid.slice(cid.indexOf(':') + 1),
    name: cleanName(asText(value['name']) ?? asText(data['name']) ?? '', { max: MAX_TABLO_NAME_CODE_POINTS }) || null,
    creator: people.meet(value['created_by'], asId(value['created_by']) ?? asId(value['created_by_id'])),
    createdAt: createdAt === null ? null : Math.floor(createdAt / 1_000),
    truncatedAt: asTime(value['truncated_at']),
    isDeleted: asTime(value['deleted_at']) !== null,
  };
}
