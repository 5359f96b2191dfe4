/** Stateless messages, to and from the server, as `@tablo/schema/stateless` has them. */
import { REASON_CODES } from '@tablo/schema/close-codes';
import type { ClientStateless, ServerStateless } from '@tablo/schema/wire/stateless';
import { boolean, integer, list, object, oneOf, optional, readAs, record, type Shape, string } from '../base/shape.ts';

type Of<Type extends ServerStateless['type']> = Extract<ServerStateless, { type: Type }>;

const SHAPES: { readonly [Type in ServerStateless['type']]: Shape<Of<Type>> } = {
  refused: object<Of<'refused'>>({
    type: oneOf('refused'),
    code: oneOf(...REASON_CODES),
    message: string,
    ids: list(string),
  }),
  committed: object<Of<'committed'>>({
    type: oneOf('committed'),
    seq: integer,
    messages: list(string),
    others: list(string),
    shownAt: optional(record(integer)),
  }),
  read: object<Of<'read'>>({ type: oneOf('read'), seq: integer }),
  changed: object<Of<'changed'>>({ type: oneOf('changed') }),
  storage: object<Of<'storage'>>({ type: oneOf('storage'), isAway: boolean }),
  coming: object<Of<'coming'>>({ type: oneOf('coming'), bytes: integer }),
  draft: object<Of<'draft'>>({ type: oneOf('draft'), text: string, at: integer }),
};

/** `null`: from a newer or a foreign peer, and nothing in it is ours. */
export function parseServerStateless(payload: string): ServerStateless | null {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return null; // Not JSON.
  }
  const { type } = (value ?? {}) as { type?: unknown };
  if (typeof type !== 'string' || !Object.hasOwn(SHAPES, type)) return null;
  return readAs<ServerStateless>(SHAPES[type as ServerStateless['type']], value)?.data ?? null;
}

export const encodeClientStateless = (message: ClientStateless): string => JSON.stringify(message);
