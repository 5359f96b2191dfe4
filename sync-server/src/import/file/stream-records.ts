/**
 * Pieces of an export → what they are: the shapes in which Stream hands out a channel (`exportChannels` and its version 2, one entity a line; the format of its own imports).
 * A channel's messages may come before the channel says which it is: they wait for it, which no file known does.
 */

import { createNamedId } from '../mapping/stream-ids.ts';
import type { JsonObject, Piece } from './piece-builder.ts';
import { asId, asList, asObject, asText, kindOfValue, shorten } from './read-value.ts';

const KINDS = ['user', 'channel', 'member', 'message', 'reaction', 'read'] as const;
export type RecordKind = (typeof KINDS)[number];

export interface StreamRecord {
  readonly kind: RecordKind;
  /** `type:id` of the channel; null where the entity does not say. */
  readonly cid: string | null;
  readonly value: JsonObject;
}

export interface Unknown {
  readonly kind: 'unknown';
  /** What it looked like: its keys, or what it is instead of an object. */
  readonly looks: string;
}

const OF_LIST = { messages: 'message', members: 'member', read: 'read', reads: 'read', users: 'user' } as const;
/** Known, and nothing that becomes anything here. */
const IGNORED = new Set(['device', 'devices', 'app', 'blocklist', 'command', 'role', 'permission', 'channel_type']);

export class RecordReader {
  /** By container, for as long as its channel is not known. */
  readonly #waiting = new Map<number, { kind: RecordKind; value: JsonObject }[]>();

  read(piece: Piece): readonly (StreamRecord | Unknown)[] {
    const value = asObject(piece.value);
    if (value === null) return [{ kind: 'unknown', looks: kindOfValue(piece.value) }];
    if (piece.list !== null) return this.#readElement(piece, OF_LIST[piece.list], value);
    const waiting = this.#waiting.get(piece.container) ?? [];
    this.#waiting.delete(piece.container);
    const own = readContainer(value);
    const cid = own.find((one): one is StreamRecord => one.kind === 'channel')?.cid ?? null;
    const late = waiting.map((one) => ({ ...one, cid: cidOf(one.kind, one.value) ?? cid }));
    // One that had lists alone has said all it has to say.
    const isEmpty = Object.values(value).every((one) => one === null || (Array.isArray(one) && one.length === 0));
    const isContainer = own[0]?.kind === 'channel' || own[0]?.kind === 'unknown';
    const broken = isContainer ? findBrokenLists(value) : [];
    const isSaid = isEmpty || ((waiting.length > 0 || broken.length > 0) && own[0]?.kind === 'unknown');
    return [...(isSaid ? [] : own), ...broken, ...late];
  }

  #readElement(piece: Piece, kind: RecordKind, value: JsonObject): readonly StreamRecord[] {
    if (kind === 'user') return [{ kind, cid: null, value }];
    const cid = cidOf(kind, value) ?? channelCid(asObject(piece.head['channel']) ?? piece.head);
    if (cid !== null) return [{ kind, cid, value }];
    const waiting = this.#waiting.get(piece.container) ?? [];
    waiting.push({ kind, value });
    this.#waiting.set(piece.container, waiting);
    return [];
  }
}

/** Where a list should be: it is none, so nothing of it is read. */
function findBrokenLists(container: JsonObject): readonly Unknown[] {
  const said = [container, asObject(container['channel']) ?? {}];
  return said.flatMap((one) =>
    Object.keys(OF_LIST).flatMap((key) => {
      const value = one[key];
      const isList = value === undefined || value === null || Array.isArray(value);
      return isList ? [] : [{ kind: 'unknown', looks: `"${key}" as ${kindOfValue(value)}, and not a list` } as const];
    }),
  );
}

function readContainer(value: JsonObject): readonly (StreamRecord | Unknown)[] {
  const type = asText(value['type']);
  if (type !== null && IGNORED.has(type)) return [];
  // One entity a line: {type, data} or {type, item}.
  const kind = KINDS.find((one) => one === type);
  const wrapped =
    kind === undefined ? null : (asObject(value['data']) ?? asObject(value['item']) ?? asObject(value[kind]));
  if (kind !== undefined && wrapped !== null) return [recordOf(kind, wrapped)];
  const keys = Object.keys(value);
  // The same without a type: {"message": {…}}.
  const [only = ''] = keys;
  const single = keys.length === 1 ? KINDS.find((one) => one === only) : undefined;
  const inner = single === undefined ? null : asObject(value[single]);
  if (single !== undefined && inner !== null) return [recordOf(single, inner)];
  const shape = shapeOf(value);
  if (shape !== null) return [recordOf(shape, value)];
  const channel = asObject(value['channel']);
  if (channel !== null) return [recordOf('channel', channel)];
  return [{ kind: 'unknown', looks: keys.slice(0, 12).map(shorten).sort().join(', ') }];
}

/** An entity that stands by itself, by what only its kind has. */
function shapeOf(value: JsonObject): RecordKind | null {
  const has = (...keys: readonly string[]) => keys.every((key) => key in value);
  if (has('message_id', 'type') && (has('user') || has('user_id'))) return 'reaction';
  if (has('id', 'text') && (has('user') || has('user_id'))) return 'message';
  if (has('last_read') && (has('user') || has('user_id'))) return 'read';
  if (has('channel_role') || (has('user_id') && (has('channel_id') || has('cid')))) return 'member';
  if (channelCid(value) !== null && !has('text')) return 'channel';
  if (has('id') && (has('banned') || has('last_active') || has('image') || has('name'))) return 'user';
  return null;
}

const recordOf = (kind: RecordKind, value: JsonObject): StreamRecord => ({
  kind,
  cid: kind === 'user' ? null : kind === 'channel' ? channelCid(value) : cidOf(kind, value),
  value,
});

/** Of an entity that speaks of a channel. */
function cidOf(kind: RecordKind, value: JsonObject): string | null {
  const said = asId(value['cid']) ?? asId(value['channel_cid']) ?? asId(asObject(value['channel'])?.['cid']);
  if (said !== null) return said;
  const [type, id] = [asId(value['channel_type']), asId(value['channel_id'])];
  if (type !== null) return id === null ? membersCid(type, value['channel_member_ids']) : `${type}:${id}`;
  // A message's own `type` is another thing than a channel's.
  return kind === 'channel' ? channelCid(value) : null;
}

function channelCid(value: JsonObject): string | null {
  const said = asId(value['cid']);
  if (said !== null) return said;
  const [type, id] = [asId(value['type']), asId(value['id'])];
  if (type === null) return null;
  return id === null ? membersCid(type, value['member_ids']) : `${type}:${id}`;
}

/** Of a hundred members the list would be longer than a key may be. */
const NAMES_MAX = 200;

/** A channel that is known by who is in it alone. */
function membersCid(type: string, ids: unknown): string | null {
  const members = asList(ids).flatMap((one) => asId(one) ?? []);
  if (members.length === 0) return null;
  const names = members.sort().join(',');
  return `${type}:!${names.length > NAMES_MAX ? createNamedId('members', ...members) : names}`;
}
