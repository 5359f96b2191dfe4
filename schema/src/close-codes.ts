/**
 * The closed table of reasons why the server says no: as a denial, a refused update, a socket's end or a REST error. The server takes codes from it,
 * the client decides by `recovery`. On `/yjs`, 4400 to 4499 stop an unmodified y-websocket client; it reconnects after any other code.
 */

export type Recovery =
  /** Trying again changes nothing. */
  | 'never'
  /** A new Y.Doc with the server's state, then the pending entries again. */
  | 'resync'
  /** The same again, later. */
  | 'backoff'
  /** The same again, with a new token. */
  | 'reauthenticate';

interface Reason {
  /** WebSocket close code on `/yjs` and for whole sockets. */
  readonly close: number;
  readonly status: 400 | 401 | 403 | 409 | 413 | 429 | 503;
  readonly recovery: Recovery;
  /** For people: what was wrong. A more exact sentence may replace it. */
  readonly message: string;
}

export const REASONS = {
  unauthenticated: {
    close: 4401,
    status: 401,
    recovery: 'reauthenticate',
    message: 'Sign in first: the token is missing or not valid.',
  },
  'token-expired': { close: 4440, status: 401, recovery: 'reauthenticate', message: 'The token has expired.' },
  forbidden: { close: 4403, status: 403, recovery: 'never', message: 'You are not a member of this tablo.' },
  // On `/yjs` an unmodified client comes back, and is given the document that there is then.
  'epoch-moved': { close: 1012, status: 409, recovery: 'resync', message: 'This tablo has moved to a newer document.' },
  'read-only': { close: 4405, status: 403, recovery: 'never', message: 'Guests can read here but not write.' },
  'invalid-update': {
    close: 4422,
    status: 400,
    recovery: 'resync',
    message: 'The update is not a list of well-formed entries.',
  },
  'not-your-entry': { close: 4406, status: 403, recovery: 'resync', message: 'That entry belongs to somebody else.' },
  'duplicate-id': {
    close: 4409,
    status: 409,
    recovery: 'resync',
    message: 'This id is used already, with other content.',
  },
  'too-large': { close: 4413, status: 413, recovery: 'resync', message: 'This is larger than the server accepts.' },
  'rate-limited': { close: 4529, status: 429, recovery: 'backoff', message: 'Too much at once. Wait a moment.' },
  unavailable: {
    close: 4503,
    status: 503,
    recovery: 'backoff',
    message: 'The server cannot store messages right now.',
  },
  'shutting-down': { close: 1012, status: 503, recovery: 'backoff', message: 'The server is restarting.' },
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;

export const REASON_CODES = Object.keys(REASONS) as readonly ReasonCode[];

export function isReasonCode(value: unknown): value is ReasonCode {
  return typeof value === 'string' && Object.hasOwn(REASONS, value);
}

/** Why something was refused: one code of the table, and the sentence that names what was wrong. */
export interface Refusal {
  readonly code: ReasonCode;
  readonly message: string;
}

export function createRefusal(code: ReasonCode, message: string = REASONS[code].message): Refusal {
  return { code, message };
}
