/**
 * What servers on one database tell each other. [N2] No hint is believed: lost, late, doubled, reordered or forged ones change nothing but delay. What was committed
 * is read from the database; who is here is shown for a while, as with any client that went without a word.
 *
 * Each server numbers its hints from 1 on. So whoever hears it notices at the next one that some were lost, and passes over what is said a second time.
 */
import type { DocumentName } from '@tablo/schema/document-name';
import { isTabloId, isUserId, type TabloId, type UserId } from '@tablo/schema/ids';

/** Of a server's process; made anew at each start. */
export type NodeId = string;

/** Whom one clientID shows, as its own server has checked it. */
export interface PersonHint {
  readonly client: number;
  readonly clock: number;
  /** Null: gone. */
  readonly state: { readonly userId: UserId; readonly name: string; readonly typing: boolean } | null;
}

export interface HeadHint extends DocumentName {
  readonly head: bigint;
}

export interface PeopleHint extends DocumentName {
  readonly people: readonly PersonHint[];
}

export type Hint =
  /** It has begun to hear, or was not heard for a while: whoever is there says so. */
  | { readonly type: 'hello' }
  /** It is there, and hears these. A server that finds itself among them knows that this was said in its own lifetime: nobody plays an old tape. */
  | { readonly type: 'here'; readonly heard: readonly NodeId[] }
  /** It stops; its people have gone. */
  | { readonly type: 'bye' }
  /** Committed: these documents go so far now, or the tablo has this later document. */
  | { readonly type: 'log'; readonly heads: readonly HeadHint[] }
  /** Who is in these? Null: in all that the sender has loaded. */
  | { readonly type: 'who'; readonly documents: readonly DocumentName[] | null }
  | { readonly type: 'people'; readonly documents: readonly PeopleHint[] };

/** Raised when an earlier release would misread it. */
const VERSION = 2;
const NODE = /^[\w-]{8,32}$/;
const MAX_CLIENT = 2 ** 53 - 1;
/** A name is of this many UTF-16 units at the most; longer ones are cut where they are shown. */
const MAX_NAME_UNITS = 1_000;

/** Far more than there are; all of them fit into a hint. */
export const MAX_HEARD = 256;

type Json = string | number | boolean | null | readonly Json[];

export function encodeHint(node: NodeId, nth: number, hint: Hint): string {
  return JSON.stringify([VERSION, node, nth, hint.type, ...bodyOf(hint)]);
}

function bodyOf(hint: Hint): readonly Json[] {
  switch (hint.type) {
    case 'here':
      return hint.heard.slice(0, MAX_HEARD);
    case 'log':
      return hint.heads.map(({ tabloId, epoch, head }) => [tabloId, epoch, String(head)]);
    case 'who':
      return hint.documents === null ? [null] : hint.documents.map(({ tabloId, epoch }) => [tabloId, epoch]);
    case 'people':
      return hint.documents.map(({ tabloId, epoch, people }) => [
        tabloId,
        epoch,
        ...people.map(({ client, clock, state }) =>
          state === null ? [client, clock] : [client, clock, state.userId, state.name, state.typing],
        ),
      ]);
    default:
      return [];
  }
}

export interface Heard {
  readonly node: NodeId;
  /** Of this server's hints. */
  readonly nth: number;
  readonly hint: Hint;
}

/** Null for what another release says, and for what is none of ours: passed over without a word. */
export function parseHint(text: string): Heard | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(value)) return null;
  const [version, node, nth, type, ...body] = value as readonly unknown[];
  if (version !== VERSION || !isNode(node) || !isCount(nth) || nth === 0) return null;
  const hint = parseBody(type, body);
  return hint === null ? null : { node, nth, hint };
}

function parseBody(type: unknown, body: readonly unknown[]): Hint | null {
  switch (type) {
    case 'hello':
    case 'bye':
      return { type };
    case 'here':
      return { type, heard: body.slice(0, MAX_HEARD).filter(isNode) };
    case 'log':
      return { type, heads: body.flatMap(parseHead) };
    case 'who':
      return { type, documents: body[0] === null ? null : body.flatMap((one) => parseName(one) ?? []) };
    case 'people':
      return { type, documents: body.flatMap(parsePeople) };
    default:
      return null;
  }
}

function parseName(value: unknown): DocumentName | null {
  if (!Array.isArray(value)) return null;
  const [tabloId, epoch] = value as readonly unknown[];
  return isTabloId(tabloId) && isCount(epoch) && epoch > 0 ? { tabloId: tabloId as TabloId, epoch } : null;
}

function parseHead(value: unknown): readonly HeadHint[] {
  const name = parseName(value);
  if (name === null) return [];
  const head = (value as readonly unknown[])[2];
  if (typeof head !== 'string' || !/^\d{1,18}$/.test(head)) return [];
  return [{ ...name, head: BigInt(head) }];
}

function parsePeople(value: unknown): readonly PeopleHint[] {
  const name = parseName(value);
  if (name === null) return [];
  return [{ ...name, people: (value as readonly unknown[]).slice(2).flatMap(parsePerson) }];
}

function parsePerson(value: unknown): readonly PersonHint[] {
  if (!Array.isArray(value)) return [];
  const [client, clock, userId, name, typing] = value as readonly unknown[];
  if (!isCount(client) || !isCount(clock)) return [];
  if (value.length === 2) return [{ client, clock, state: null }];
  if (!isUserId(userId) || typeof name !== 'string' || name.length > MAX_NAME_UNITS) return [];
  return [{ client, clock, state: { userId, name, typing: typing === true } }];
}

const isNode = (value: unknown): value is NodeId => typeof value === 'string' && NODE.test(value);
const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_CLIENT;
