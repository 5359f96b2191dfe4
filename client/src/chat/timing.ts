/** Every wait of the headless chat in one table, so that tests can shorten them. All in ms unless the name says otherwise. */

export interface Timing {
  /** A document that is attached and not joined after this asks again (TRAPS 1.2, 1.4: nothing else would). */
  readonly joinTimeoutMs: number;
  /** Documents that may be between token and answer at a time; older servers cut the socket at 100 (TRAPS 1.4). */
  readonly joinsAtOnce: number;
  /** Without an answer to `check` we push all the same: an id counts once [R4]. */
  readonly checkAnswerMs: number;
  /** A socket silent for this long is asked for a sign of life … */
  readonly idleProbeMs: number;
  /** … and given up when none comes within this. */
  readonly probeAnswerMs: number;
  /** Silence that ends a socket even while the server may be busy with our own entries. */
  readonly silentMs: number;
  /** Without a socket for this long we say *Offline*, not *Connecting*. */
  readonly offlineAfterMs: number;
  /** A socket that has not opened by then is given up: browsers wait for minutes. */
  readonly connectTimeoutMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** Back-off after `rate-limited`, `unavailable`, `shutting-down` and failed requests. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly listRefreshMs: number;
  readonly listDebounceMs: number;
  readonly readReportMs: number;
  /** Yjs structs that wait longer than this for others have lost them: the document is fetched anew (TRAPS 4.1). */
  readonly pendingStructsMs: number;
  readonly draftSaveMs: number;
  /** Signing out waits this long for drafts to reach the server. */
  readonly lastReportMs: number;
  /** After the last key, a draft is told to the server; other devices see it then. */
  readonly draftReportMs: number;
  /** Remote updates are gathered this long into one row. */
  readonly updateSaveMs: number;
  /** Rows of one document before they are merged into one. */
  readonly compactRows: number;
  /** IndexedDB may never answer (private modes, TRAPS 3); after this we go on without it. */
  readonly storeTimeoutMs: number;
  /** Another tab's entry is left to that tab for this long. */
  readonly ownerGraceMs: number;
  readonly typingRepeatMs: number;
  readonly typingIdleMs: number;
  /** A cancelled entry that may have been sent is watched for this long. */
  readonly withdrawnKeptMs: number;
}

export const DEFAULT_TIMING: Timing = {
  joinTimeoutMs: 5_000,
  joinsAtOnce: 50,
  checkAnswerMs: 2_000,
  idleProbeMs: 10_000,
  probeAnswerMs: 5_000,
  silentMs: 30_000,
  offlineAfterMs: 5_000,
  connectTimeoutMs: 5_000,
  reconnectMinMs: 500,
  reconnectMaxMs: 10_000,
  retryMinMs: 1_000,
  retryMaxMs: 30_000,
  listRefreshMs: 60_000,
  listDebounceMs: 200,
  readReportMs: 300,
  pendingStructsMs: 10_000,
  draftSaveMs: 250,
  draftReportMs: 1_500,
  lastReportMs: 2_000,
  updateSaveMs: 100,
  compactRows: 100,
  storeTimeoutMs: 5_000,
  ownerGraceMs: 5_000,
  typingRepeatMs: 2_000,
  typingIdleMs: 5_000,
  withdrawnKeptMs: 24 * 3600_000,
};
