/**
 * The numbers on the wire, the one table of them: Hocuspocus's message types, and what stands inside of two of them. They belong to Hocuspocus and to
 * y-protocols; `frame-types.test.ts` compares them with those libraries. y-websocket's own types are the first two.
 */

/** What clients send. */
export const CLIENT_FRAME = {
  sync: 0,
  awareness: 1,
  auth: 2,
  queryAwareness: 3,
  syncReply: 4,
  stateless: 5,
  close: 7,
} as const;
/** Of all types; the two that are added are the server's alone. */
export const FRAME = { ...CLIENT_FRAME, broadcastStateless: 6, syncStatus: 8 } as const;

/** The first number of a `sync` and of a `syncReply`. */
export const SYNC_STEP_1 = 0;
export const SYNC_STEP_2 = 1;
export const UPDATE = 2;

/** The first number of an `auth`: a token is the client's word, the two others are the server's. */
export const AUTH_TOKEN = 0;
export const AUTH_DENIED = 1;
export const AUTHENTICATED = 2;
