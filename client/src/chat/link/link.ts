/** What a room sees of the network: one document's place on the shared socket. `connection.ts` makes them, `room.ts` uses them. */
import type * as Y from 'yjs';

/** The awareness state of another client, as it came: not parsed. */
export type PeerState = unknown;

export type LinkEvent =
  /** Joined, and the server's state is in the document. Again after every reconnect. */
  | { readonly type: 'ready' }
  /** The socket has gone; `ready` comes again when it is back. `heardAt`: when the server was heard last, ms since the Unix epoch: a device that slept notices late. */
  | { readonly type: 'lost'; readonly heardAt: number }
  /** The server denied or closed this document, in its words. Nothing more happens until `rejoin` or `close`. */
  | { readonly type: 'ended'; readonly reason: string }
  | { readonly type: 'stateless'; readonly payload: string }
  /** As many updates have been acknowledged as were sent, most likely these: what is durable, the server says by id [R1]. */
  | { readonly type: 'acknowledged' }
  | { readonly type: 'presence'; readonly states: readonly PeerState[] };

export interface Link {
  readonly isReady: boolean;
  /** A large frame is on its way to us: what was sent after it has to wait. */
  readonly isReceiving: boolean;
  /** On the screen: joins first, and the state of the connection is about these. */
  isUrgent: boolean;
  sendStateless(payload: string): void;
  /** `null`: this document does not hear of us. */
  setPresence(state: object | null): void;
  /** Token and sync again, after `ended`. */
  rejoin(): void;
  close(): void;
}

export interface LinkOptions {
  /** The document's name on the wire. */
  readonly name: string;
  readonly doc: Y.Doc;
  readonly isUrgent: boolean;
  readonly dispatch: (event: LinkEvent) => void;
}

/** What rooms need of the connection. */
export interface LinkOpener {
  openLink(options: LinkOptions): Link;
  /** The next tokens are asked for anew: the server said that ours has expired. */
  expireToken(): void;
  /** The server said no, in its words: shown with the state of the connection until something goes well. */
  noteReason(reason: string): void;
  /** The server said whether it can store messages. Holds for the whole socket, until it says otherwise. */
  noteStorage(isAway: boolean): void;
}
