/** How the connections of one server are shared out, so that one setting bounds them all and several servers fit below `max_connections`. */

/** LISTEN has a connection of its own, and so have hints to other servers. */
const CHANNELS = 2;
/** From so many on, sign-ins need not wait for each other either. */
const ROOMY = 20;

export interface ConnectionShares {
  /** Commits. */
  readonly ledger: number;
  /** Accounts and sign-ins; 0 where somebody else issues the tokens. */
  readonly identity: number;
  /** All the rest: joins, REST, snapshots, the audit. */
  readonly rest: number;
}

/** `total`: `DATABASE_CONNECTIONS`; `ledger`: what commits cannot do without. */
export function shareConnections(total: number, ledger: number, hasAccounts: boolean): ConnectionShares {
  const most = total < ROOMY ? 2 : 4;
  const identity = hasAccounts ? most : 0;
  return { ledger, identity, rest: total - CHANNELS - ledger - identity };
}
