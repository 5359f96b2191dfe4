/** How much one user, one socket and all strangers together may ask for. Read by `config.ts`, held to by `access/limits.ts`. */
export interface LimitSettings {
  /** Entries a second and user; a backlog written offline may come at once, up to the burst. */
  readonly entriesPerSecond: number;
  readonly entriesBurst: number;
  /** Bytes of updates a second and user; the burst holds a whole backlog several times over. */
  readonly bytesPerSecond: number;
  readonly bytesBurst: number;
  /** Awareness frames a second and user, over all tablos. */
  readonly awarenessPerSecond: number;
  /** First sync steps a second and user: each may cost a whole document; the burst is a reconnect with all tablos. */
  readonly joinsPerSecond: number;
  readonly joinsBurst: number;
  /** Stateless questions a second and user. */
  readonly questionsPerSecond: number;
  readonly socketsPerUser: number;
  readonly documentsPerSocket: number;
  /** Sockets that nobody has signed in on yet. */
  readonly strangerSockets: number;
  readonly strangerMs: number;
  /** Bytes received on a socket on which nobody has signed in yet. */
  readonly strangerBytes: number;
  /** Bytes received on a socket and not handled yet, while the database is slow or away. */
  readonly unhandledBytes: number;
  /** Bytes of all updates that wait for their commit. */
  readonly queuedBytes: number;
  /** Bytes sent on a socket and not read by the client. */
  readonly unreadBytes: number;
}
