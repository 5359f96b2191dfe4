/** Bounds that both sides enforce: the client before it inserts (a refused update costs a resync of the whole document), the server because clients lie. */

/** Unicode code points of a message's text, after trimming. */
export const MAX_TEXT_CODE_POINTS = 8_000;
/** UTF-16 units of a text as sent: room for 8,000 astral characters and some surrounding white space. */
export const MAX_TEXT_UNITS = 20_000;
export const MAX_EMOJI_CODE_POINTS = 16;
/** Bytes of one Yjs update (a backlog written offline arrives as one). */
export const MAX_UPDATE_BYTES = 4 * 1024 * 1024;
/** Entries in one Yjs update. */
export const MAX_UPDATE_ENTRIES = 10_000;
/** Bytes of one WebSocket frame: well above `MAX_UPDATE_BYTES`, because exceeding it ends the whole socket (TRAPS 1.4). */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024;
/** Bytes of one JSON request body: a message of 8,000 four-byte characters, escaped. */
export const MAX_BODY_BYTES = 256 * 1024;
export const MAX_TABLO_NAME_CODE_POINTS = 200;
/** A `Date`'s range in ms (ECMAScript, "Time Values and Time Range"). */
export const MAX_TIME_MS = 8.64e15;
/** [R5] Received within this many ms of `sentAt`, an entry is shown at `sentAt`; otherwise at its receipt. */
export const ON_TIME_MS = 60_000;
/** Ids that one `arrival` entry names at the most, so that no entry outgrows a frame. */
export const MAX_ARRIVAL_IDS = 500;
/** [R9] Entries in a live document before the tablo moves to a fresh one. */
export const EPOCH_MAX_ENTRIES = 2_000;
/** Bytes of a live document, likewise: what everybody pays who opens the tablo. One update may go beyond it. */
export const EPOCH_MAX_BYTES = 256 * 1024;
/** ClientIDs that have written into a live document, likewise: every state vector names them all (TRAPS 4.2). */
export const EPOCH_MAX_CLIENTS = 1_000;
/** What a new epoch begins with: the newest messages, so many of them, and as many as so many bytes hold. */
export const SEED_MAX_MESSAGES = 100;
export const SEED_MAX_BYTES = 100_000;
/** Reactions that a message brings into a new epoch at the most, so that the newest message always fits. */
export const SEED_MAX_REACTIONS = 200;
/** Different emoji that were ever used on a message, by all and by one member. */
export const MAX_REACTION_KINDS = 50;
export const MAX_OWN_REACTION_KINDS = 20;
/** Edits of one message. */
export const MAX_EDITS = 1_000;
/** The slowest link that is still served: what is on its way is given the time that it takes at this rate, before silence counts. */
export const MIN_LINK_BYTES_PER_SECOND = 16 * 1024;
/** Frames from this size on are announced (`coming`), because a browser shows nothing of a frame before it is whole. Smaller ones are through in 2 s. */
export const ANNOUNCED_FRAME_BYTES = 32 * 1024;
/** A page of messages over REST. */
export const MESSAGES_MAX_LIMIT = 100;
/** People in one question of `GET /chat/people`. Each is 74 characters of the address, and some proxies take no longer one than 8 KiB. */
export const PEOPLE_ASKED_MAX = 50;
