/** How the connections of one server are shared out, so that one setting bounds them all and several servers fit below `max_connections`. */

/** LISTEN has a connection of its own, and so have hints to other servers. */
const CHANNELS = 2;
/** From so many on, nobody waits for the connection of somebody else's commit or sign-in. */
const ROOMY = 20;

export interface ConnectionShares {
  /** Commits of one statement. */
  readonly hasty: number;
  /** Commits in four trips: the shared one, and those of single tablos. */
  readonly ledger: number;
  /** Accounts and sign-ins; 0 where somebody else issues the tokens. */
  readonly identity: number;
  /** All the rest: joins, REST, snapshots, the audit. */
  readonly rest: number;
}

/** `total`: `DATABASE_CONNECTIONS`, at least 10; `lanes`: how many single tablos are committed beside the shared transaction. */
export function shareConnections(total: number, lanes: number, hasAccounts: boolean): ConnectionShares {
  const isRoomy = total >= ROOMY;
  const hasty = isRoomy ? 2 : 1;
  // In plenty, one more: to look up the outcome of a COMMIT that was not answered.
  const ledger = 1 + lanes + (isRoomy ? 1 : 0);
  const [few, many] = hasAccounts ? [1, 4] : [0, 0];
  const identity = isRoomy ? many : few;
  return { hasty, ledger, identity, rest: total - CHANNELS - hasty - ledger - identity };
}
