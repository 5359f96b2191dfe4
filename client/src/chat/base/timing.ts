/** Every wait of the headless chat in one table, so that tests can shorten them. All in ms unless the name says otherwise. */

export interface Timing {
  /** A document that is attached but not joined after this time is asked for again (TRAPS 1.2, 1.4: nothing else would do so). */
  readonly joinTimeoutMs: number;
  /** Documents that may be between token and answer at a time; older servers cut the socket at 100 (TRAPS 1.4). */
  readonly joinsAtOnce: number;
  /** Without an answer to `check` within this time the entries are pushed: an id counts once [R4]. */
  readonly checkAnswerMs: number;
  /** Own entries that are in flight for this long are asked for. */
  readonly askHeldMs: number;
  /** A socket that is silent for this long is asked for a sign of life … */
  readonly idleProbeMs: number;
  /** … and given up when none comes within this time, plus the time that a slow link needs for the bytes in flight. */
  readonly probeAnswerMs: number;
  /** Without a socket for this long we say *Offline*, not *Connecting*. */
  readonly offlineAfterMs: number;
  /** A socket that has not opened by then is given up: browsers wait for minutes. */
  readonly connectTimeoutMs: number;
  /** The first new socket comes within this, later ones after ever longer waits … */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** … and the waits are short again after a socket that lasted this long. */
  readonly steadyAfterMs: number;
  /** Clients of a server that restarts spread their return over this. */
  readonly restartSpreadMs: number;
  /** Back-off after `rate-limited`, `unavailable`, `shutting-down` and failed requests. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly listRefreshMs: number;
  readonly listDebounceMs: number;
  /** What the server can make us ask for (lists, members, drafts) is asked for once in this time, however often the server announces a change. */
  readonly askGapMs: number;
  readonly readReportMs: number;
  /** "All is read", said before anything is known of a tablo, is kept for this long. */
  readonly dismissalKeptMs: number;
  /** Yjs structs that wait longer than this for others have lost them: the document is fetched anew (TRAPS 4.1). */
  readonly pendingStructsMs: number;
  /** If messages that the list names do not arrive within this time, they are missed: the document is joined again. */
  readonly missedMs: number;
  readonly draftSaveMs: number;
  /** Signing out waits this long for drafts to reach the server. */
  readonly lastReportMs: number;
  /** So long after the last key a draft is sent to the server. Other devices see it then. */
  readonly draftReportMs: number;
  /** Remote updates of this time are stored as one row … */
  readonly updateSaveMs: number;
  /** … and this long in a tab that is not the first of its browser: the first tab has most likely stored them. */
  readonly otherTabSaveMs: number;
  /** Rows of one document before they are merged into one. */
  readonly compactRows: number;
  /** IndexedDB may never answer (private modes, TRAPS 3); after this time the chat goes on in memory. */
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
  askHeldMs: 10_000,
  idleProbeMs: 2_500,
  probeAnswerMs: 3_000,
  offlineAfterMs: 5_000,
  connectTimeoutMs: 5_000,
  reconnectMinMs: 500,
  reconnectMaxMs: 10_000,
  steadyAfterMs: 5_000,
  restartSpreadMs: 1_500,
  retryMinMs: 1_000,
  retryMaxMs: 30_000,
  listRefreshMs: 60_000,
  listDebounceMs: 200,
  askGapMs: 1_000,
  readReportMs: 300,
  dismissalKeptMs: 60_000,
  pendingStructsMs: 10_000,
  missedMs: 10_000,
  draftSaveMs: 250,
  draftReportMs: 1_500,
  lastReportMs: 2_000,
  updateSaveMs: 100,
  otherTabSaveMs: 10_000,
  compactRows: 100,
  storeTimeoutMs: 5_000,
  ownerGraceMs: 5_000,
  typingRepeatMs: 2_000,
  typingIdleMs: 5_000,
  withdrawnKeptMs: 7 * 24 * 3600_000,
};
