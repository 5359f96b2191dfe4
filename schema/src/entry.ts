/**
 * Entries: the elements of the document's one root, `doc.getArray('messages')`. Plain JSON objects, never Y types (a thousand pushes by one
 * client are one Yjs struct; as Y.Maps they would be three thousand). `parseEntry` is the only way from `unknown` to an `Entry`, on both sides.
 */
import { createEntryId, type EntryId, isEntryId, isUserId, SERVER_AUTHOR, type UserId } from './ids.ts';
import { MAX_ARRIVAL_IDS, MAX_EMOJI_CODE_POINTS, MAX_TEXT_CODE_POINTS, MAX_TEXT_UNITS, MAX_TIME_MS } from './limits.ts';
import { countCodePoints, isStorableText, isVisible } from './names/text.ts';
import { err, ok, type Result } from './result.ts';

/** The name of the document's one root. */
export const ENTRIES_ROOT = 'messages';

interface Common {
  readonly id: EntryId;
  readonly author: UserId;
  /** ms since the Unix epoch, by the author's clock. */
  readonly sentAt: number;
}

export interface Message extends Common {
  readonly kind: 'message';
  readonly text: string;
  readonly replyTo?: EntryId;
}

export interface Edit extends Common {
  readonly kind: 'edit';
  readonly target: EntryId;
  readonly text: string;
}

export interface Deletion extends Common {
  readonly kind: 'delete';
  readonly target: EntryId;
}

export interface Reaction extends Common {
  readonly kind: 'reaction';
  readonly target: EntryId;
  readonly emoji: string;
  readonly on: boolean;
}

/** What members write. */
export type MemberEntry = Message | Edit | Deletion | Reaction;

/** Appended by the server alone: the entries `of` were received late, at `at`, and are shown there [R5]. */
export interface Arrival {
  readonly kind: 'arrival';
  readonly id: EntryId;
  readonly author: typeof SERVER_AUTHOR;
  readonly sentAt: number;
  readonly of: readonly EntryId[];
  readonly at: number;
}

export type Entry = MemberEntry | Arrival;
export type EntryKind = Entry['kind'];

type Check = (value: unknown) => string | null;

const isTime: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TIME_MS
    ? null
    : 'must be an integer of milliseconds from 0 to 8.64e15';
const isId: Check = (value) => (isEntryId(value) ? null : 'must be a lowercase UUID');
const isAuthor: Check = (value) => (isUserId(value) ? null : 'must be a user id, a lowercase UUID');
const isServer: Check = (value) => (value === SERVER_AUTHOR ? null : `must be '${SERVER_AUTHOR}'`);
const isOn: Check = (value) => (typeof value === 'boolean' ? null : 'must be true or false');

/** What is stored already may be a text that nobody would see: earlier releases took it. */
const isText: Check = (value) => {
  if (typeof value !== 'string') return 'must be a string';
  if (value.length > MAX_TEXT_UNITS) return `is longer than ${MAX_TEXT_CODE_POINTS} characters`;
  if (!isStorableText(value)) return 'contains a NUL or half a surrogate pair';
  const length = countCodePoints(value.trim());
  if (length === 0) return 'is empty';
  return length > MAX_TEXT_CODE_POINTS ? `is longer than ${MAX_TEXT_CODE_POINTS} characters` : null;
};

const UNSEEN = 'has no character that can be seen';

/** Why `value` cannot be a new message's text, or `null` when it can. Shared with the composer and with `POST …/messages`. */
export const checkText: Check = (value) => isText(value) ?? (isVisible(value as string) ? null : UNSEEN);

const isEmoji: Check = (value) => {
  if (typeof value !== 'string' || value.length > 2 * MAX_EMOJI_CODE_POINTS || !isStorableText(value)) {
    return `must be 1 to ${MAX_EMOJI_CODE_POINTS} characters`;
  }
  const length = countCodePoints(value);
  return value.trim() === value && length >= 1 && length <= MAX_EMOJI_CODE_POINTS
    ? null
    : `must be 1 to ${MAX_EMOJI_CODE_POINTS} characters, without white space around them`;
};

/** Why `value` cannot be a new reaction's emoji, or `null` when it can. */
export const checkEmoji: Check = (value) => isEmoji(value) ?? (isVisible(value as string) ? null : UNSEEN);

const isIdList: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.length <= MAX_ARRIVAL_IDS && value.every(isEntryId)
    ? null
    : `must be a list of 1 to ${MAX_ARRIVAL_IDS} entry ids`;

interface Field {
  readonly check: Check;
  readonly optional?: true;
}

const COMMON = {
  kind: { check: () => null },
  id: { check: isId },
  author: { check: isAuthor },
  sentAt: { check: isTime },
};
const TARGET = { target: { check: isId } };

/** Every kind's fields: the one table that parsing, the wire-version hash and SPEC speak of. */
export const ENTRY_FIELDS: Readonly<Record<EntryKind, Readonly<Record<string, Field>>>> = {
  message: { ...COMMON, text: { check: isText }, replyTo: { check: isId, optional: true } },
  edit: { ...COMMON, ...TARGET, text: { check: isText } },
  delete: { ...COMMON, ...TARGET },
  reaction: { ...COMMON, ...TARGET, emoji: { check: isEmoji }, on: { check: isOn } },
  arrival: { ...COMMON, author: { check: isServer }, of: { check: isIdList }, at: { check: isTime } },
};

/**
 * One array element as an entry. The error is a sentence that names the field and what is wrong with it, never the content.
 * Looks at own keys only and at one level: a value that nests, however deep, is refused without being walked.
 */
export function parseEntry(value: unknown): Result<Entry, string> {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return err('an entry must be a plain object');
  }
  const object = value as Readonly<Record<string, unknown>>;
  const kind = object['kind'];
  if (typeof kind !== 'string' || !Object.hasOwn(ENTRY_FIELDS, kind))
    return err('kind is not one that this server knows');
  const fields = ENTRY_FIELDS[kind as EntryKind];
  for (const key of Object.keys(object)) {
    if (!Object.hasOwn(fields, key)) return err(`a ${kind} entry has a key that this server does not know`);
  }
  for (const [name, field] of Object.entries(fields)) {
    const given = object[name];
    if (given === undefined && field.optional) continue;
    const wrong = field.check(given);
    if (wrong !== null) return err(`${name} ${wrong}`);
  }
  return ok(object as unknown as Entry);
}

/**
 * What `parseEntry` does not ask, since it also reads what is durable: a new text or emoji must show something. Returns what is wrong, as a predicate with its
 * field, or `null`.
 */
export function checkNewEntry(entry: MemberEntry): string | null {
  switch (entry.kind) {
    case 'message':
    case 'edit':
      return isVisible(entry.text) ? null : `text ${UNSEEN}`;
    case 'reaction':
      return isVisible(entry.emoji) ? null : `emoji ${UNSEEN}`;
    case 'delete':
      return null;
  }
}

/** The id that a value claims, for telling a client which of its entries was refused. */
export function readClaimedId(value: unknown): EntryId | null {
  const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : null;
  return isEntryId(id) ? id : null;
}

/**
 * [R4] What makes two entries with one id the same entry: every field but `sentAt`, which is compared apart, since `POST` stamps it anew.
 * Order of keys does not matter; an absent `replyTo` and an undefined one are one.
 */
export function encodeEntryContent(entry: MemberEntry): string {
  switch (entry.kind) {
    case 'message':
      return JSON.stringify(['message', entry.author, entry.text, entry.replyTo ?? null]);
    case 'edit':
      return JSON.stringify(['edit', entry.author, entry.target, entry.text]);
    case 'delete':
      return JSON.stringify(['delete', entry.author, entry.target]);
    case 'reaction':
      return JSON.stringify(['reaction', entry.author, entry.target, entry.emoji, entry.on]);
  }
}

interface Authored {
  readonly author: UserId;
  /** From the causal clock: never before anything the author had seen. */
  readonly sentAt: number;
  readonly id?: EntryId;
}

const stamp = ({ author, sentAt, id }: Authored) => ({ id: id ?? createEntryId(sentAt), author, sentAt });

/** Throws a `RangeError` whose message says what is wrong with the text: callers show it beside the composer. */
export function createMessage(authored: Authored, text: string, replyTo?: EntryId): Message {
  return {
    kind: 'message',
    ...stamp(authored),
    text: assertText(text.trim()),
    ...(replyTo === undefined ? {} : { replyTo }),
  };
}

export function createEdit(authored: Authored, target: EntryId, text: string): Edit {
  return { kind: 'edit', ...stamp(authored), target, text: assertText(text.trim()) };
}

export function createDeletion(authored: Authored, target: EntryId): Deletion {
  return { kind: 'delete', ...stamp(authored), target };
}

export function createReaction(authored: Authored, target: EntryId, emoji: string, on: boolean): Reaction {
  const wrong = checkEmoji(emoji);
  if (wrong !== null) throw new RangeError(`A reaction ${wrong}.`);
  return { kind: 'reaction', ...stamp(authored), target, emoji, on };
}

export function createArrival(of: readonly EntryId[], at: number): Arrival {
  return { kind: 'arrival', id: createEntryId(at), author: SERVER_AUTHOR, sentAt: at, of, at };
}

function assertText(text: string): string {
  const wrong = checkText(text);
  if (wrong !== null) throw new RangeError(`The message ${wrong}.`);
  return text;
}

/** When those of `entries` were received that were received late, by id: ms since the Unix epoch. */
export function arrivalsOf(entries: readonly Entry[]): ReadonlyMap<EntryId, number> {
  return new Map(
    entries.flatMap((entry) => (entry.kind === 'arrival' ? entry.of.map((id) => [id, entry.at] as const) : [])),
  );
}
