/** The limits of one user, of one socket, and of all sockets without a sign-in. `config.ts` reads them, `access/limits/limits.ts` enforces them. */
export interface LimitSettings {
  /** Frames a second and user, of whatever kind, over all sockets; a user who sends more is read more slowly. */
  readonly framesPerSecond: number;
  /** Entries a second and user; a backlog written offline may come at once, up to the burst. */
  readonly entriesPerSecond: number;
  readonly entriesBurst: number;
  /** Bytes of updates a second and user; the burst holds a whole backlog several times over. */
  readonly bytesPerSecond: number;
  readonly bytesBurst: number;
  /** Awareness frames a second and user, over all tablos. */
  readonly awarenessPerSecond: number;
  /** ClientIDs a second and user that nobody has shown before: each is a row for as long as the epoch lasts. */
  readonly claimsPerSecond: number;
  /** First sync steps and joins a second and user; the burst is a reconnect with all tablos. */
  readonly joinsPerSecond: number;
  readonly joinsBurst: number;
  /** Bytes of documents a second and user that joins are answered with; what is more waits. */
  readonly joinBytesPerSecond: number;
  readonly joinBytesBurst: number;
  /** Stateless questions a second and user. */
  readonly questionsPerSecond: number;
  readonly socketsPerUser: number;
  /** Sockets with a sign-in; the same for one address. */
  readonly sockets: number;
  readonly socketsPerAddress: number;
  readonly documentsPerSocket: number;
  /** Connections of a user to one tablo, over all sockets: each is sent every message of it. */
  readonly sessionsPerTablo: number;
  /** Over all sockets, and the bytes of those documents, each counted once. */
  readonly documentsPerUser: number;
  readonly heldBytesPerUser: number;
  /** Bytes of all documents that anybody has joined, each counted once. */
  readonly heldTotalBytes: number;
  /** Sockets without a sign-in. */
  readonly unauthenticatedSockets: number;
  /** The same of one address. */
  readonly unauthenticatedSocketsPerAddress: number;
  readonly unauthenticatedMs: number;
  /** How long a frame may take beside its bytes' time on the slowest link. */
  readonly frameMs: number;
  /** Bytes received on a socket on which nobody has signed in yet. */
  readonly unauthenticatedBytes: number;
  /** Bytes received on a socket and not handled yet, while the database is slow or away. */
  readonly unhandledBytes: number;
  /** Bytes of all updates that wait for their commit. */
  readonly queuedBytes: number;
  /** Bytes sent on a socket and not read by the client; of all sockets together; and how long a client may read none of them. */
  readonly unreadBytes: number;
  readonly unreadTotalBytes: number;
  readonly unreadMs: number;
  /** REST requests of a user that only read. */
  readonly readsPerSecond: number;
  readonly readsBurst: number;
  /** REST requests of a user that write a message, a draft, a reaction or a read position. */
  readonly writesPerSecond: number;
  readonly writesBurst: number;
  /** REST requests of a user that change tablos, members or invitations: each is broadcast to everybody in the tablo. */
  readonly changesPerSecond: number;
  readonly changesBurst: number;
  /** Bytes a second and user that REST answers with, before they are compressed. */
  readonly answerBytesPerSecond: number;
  readonly answerBytesBurst: number;
  /** REST requests of a user from the token until the answer has left. */
  readonly requestsPerUser: number;
  /** Requests of an address to the identity service, body included. */
  readonly requestsPerAddress: number;
  /** REST requests that wait for the database, of all users together. */
  readonly waitingRequests: number;
  /** Files of the page a second and address. */
  readonly pagePerSecond: number;
  /** Other requests a second and address that need no token. */
  readonly openPerSecond: number;
  /** Tokens a second and address that were not seen before, of REST and WebSockets together. */
  readonly tokenChecksPerSecond: number;
  readonly signInsPerMinute: number;
  readonly signUpsPerMinute: number;
  /** TCP connections that are no WebSockets. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** The size of a live document, or its bounds. */
export interface DocumentSize {
  readonly entries: number;
  /** Of its Yjs update, encoding version 1; never less than the true size. */
  readonly bytes: number;
  /** ClientIDs that have written. */
  readonly clients: number;
}

export type EpochLimits = DocumentSize;
