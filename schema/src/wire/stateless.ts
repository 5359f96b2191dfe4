/**
 * Stateless messages on a document's connection: what the server tells about entries apart from the document. JSON, one object a message.
 * Unmodified providers ignore them.
 */
import { z } from 'zod';
import { REASON_CODES } from '../close-codes.ts';

const ids = z.array(z.string());

/** An update of this connection was refused; its connection lives on. */
export const refusedMessage = z.object({
  type: z.literal('refused'),
  code: z.enum(REASON_CODES),
  message: z.string(),
  /** The entries of the refused update, where they could be read. */
  ids,
});

/** These entries are durable [R1]. To everybody in the document, author included. */
export const committedMessage = z.object({
  type: z.literal('committed'),
  /** `seq` of the first of `messages`; the others follow without gaps. */
  seq: z.number().int(),
  /** Message ids in order of arrival. */
  messages: ids,
  /** Edits, deletions and reactions, and entries that were durable before. */
  others: ids,
  /** [R5] In an answer to `check`: when those of `others` are shown that are not shown at their `sentAt`, ms since the Unix epoch. */
  shownAt: z.record(z.string(), z.number().int()).optional(),
});

/** The user's read position moved, on whichever device. To that user's connections only. */
export const readMessage = z.object({ type: z.literal('read'), seq: z.number().int() });

/** The tablo itself changed: renamed, deleted, members, the user's role. The client reads the list anew. */
export const changedMessage = z.object({ type: z.literal('changed') });

/** [R11] Whether the server can store messages. It is sent to everybody when it changes, and to clients that join while it cannot. */
export const storageMessage = z.object({ type: z.literal('storage'), isAway: z.boolean() });

/** The next frame is a large one: so many bytes, which a slow link takes its time for. Silence meanwhile does not mean that the link is dead. */
export const comingMessage = z.object({ type: z.literal('coming'), bytes: z.number().int() });

/** The user's draft in this tablo changed on another device. To that user's connections only. `at`: ms since the Unix epoch, the later one wins. */
export const draftMessage = z.object({ type: z.literal('draft'), text: z.string(), at: z.number().int() });

/** Client to server: which of these are durable? Answered with `committed` (`others`), only those that are. */
export const checkMessage = z.object({ type: z.literal('check'), ids: ids.max(10_000) });

export const serverStateless = z.discriminatedUnion('type', [
  refusedMessage,
  committedMessage,
  readMessage,
  changedMessage,
  storageMessage,
  comingMessage,
  draftMessage,
]);
export const clientStateless = z.discriminatedUnion('type', [checkMessage]);

export type ServerStateless = z.infer<typeof serverStateless>;
export type ClientStateless = z.infer<typeof clientStateless>;

function parseWith<T>(schema: z.ZodType<T>, payload: string): T | null {
  try {
    return schema.safeParse(JSON.parse(payload)).data ?? null;
  } catch {
    return null; // Not JSON: from a newer or a foreign peer, and nothing in it is ours.
  }
}

export const parseServerStateless = (payload: string): ServerStateless | null => parseWith(serverStateless, payload);
export const parseClientStateless = (payload: string): ClientStateless | null => parseWith(clientStateless, payload);
export const encodeStateless = (message: ServerStateless | ClientStateless): string => JSON.stringify(message);
