/** The server's parts, put together: database, tokens, sync, REST and the page on one port. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Limits } from './access/limits/limits.ts';
import { boundNewConnections } from './access/limits/new-connections.ts';
import { openChanges } from './access/members/pg-changes.ts';
import { PgMembership } from './access/members/pg-membership.ts';
import { PgProfiles } from './access/members/pg-profiles.ts';
import { PgReadPositions } from './access/members/pg-read-positions.ts';
import { RefusedTokens } from './access/tokens/refused-tokens.ts';
import { OurServiceTokens } from './access/tokens/service-tokens.ts';
import { localKeys, remoteKeys, secretKeys, type TokenKeys } from './access/tokens/token-keys.ts';
import { JwtVerifier } from './access/tokens/token-verifier.ts';
import { openHourlyAudit } from './audit/hourly-audit.ts';
import type { Log } from './base/log.ts';
import { Metrics } from './base/metrics.ts';
import { openPort } from './base/port.ts';
import { publicPathOf } from './base/public-path.ts';
import { RefusedPages } from './base/refused-pages.ts';
import type { Config } from './config/config.ts';
import { shareConnections } from './db/connection-shares.ts';
import { findHidden, watchRowSecurity } from './db/host/row-security.ts';
import { createPool, endPool } from './db/pool.ts';
import { type ErasureTiming, openErasures } from './documents/erasures.ts';
import { PgDocumentStore } from './documents/pg-document-store.ts';
import { PgErasureStore } from './documents/pg-erasure-store.ts';
import { type Identity, openIdentity } from './identity/identity.ts';
import { LANES } from './ledger/ledger.ts';
import { SHARED } from './ledger/store/ledger-store.ts';
import { PgLedgerStore } from './ledger/store/pg-ledger.ts';
import { openHints } from './nodes/pg-hints.ts';
import { PgLogReader } from './nodes/pg-log-reader.ts';
import { PgClientClaims } from './presence/pg-client-claims.ts';
import { openStaticPage } from './rest/answers/static-page.ts';
import { createRest } from './rest/create-rest.ts';
import { createPageListener } from './rest/pages/page-listener.ts';
import { createWaitListener } from './rest/requests/repeated-refusals.ts';
import { createRestStores } from './rest/stores/pg-stores.ts';
import { openSync } from './sync/open-sync.ts';
import { openWebhooks } from './webhooks/open-webhooks.ts';

const PAGE_DIR = fileURLToPath(new URL('../../client/dist', import.meta.url));
/** How long each step of stopping may take, below 9 s together: a container is killed after 10 seconds by default. */
const COMMITS_MS = 2_000;
const SNAPSHOTS_MS = 2_000;
const WRITES_MS = 500;
/** Of commits in one statement. The disk may take longer than the statement itself: as long as an answer is waited for elsewhere. */
const HASTY_ANSWER_GRACE_MS = 12_000;
/** Other servers wait for the tablos that a transaction holds, while its own server stands still. */
const LEDGER_IDLE_IN_TRANSACTION_MS = 2_000;
const POOL_END_MS = 1_000;
const REQUESTS_MS = 500;
/** Where there are other servers: a balancer notices that this one is not ready, and then its clients are sent on. A server alone has nobody to send them to. */
const NOTICED_MS = 1_500;
const SENT_ON_MS = 1_000;

export interface Server {
  /** What a person opens: `http://127.0.0.1:3000`. */
  readonly url: string;
  close(): Promise<void>;
}

interface Starting {
  readonly config: Config;
  readonly log: Log;
  /** Resolves when the database is there and migrated. Until then the port answers, and says what it waits for. */
  readonly openDatabase: (wait: (reason: string) => void) => Promise<{ readonly url: string }>;
  /** Shorter in tests. */
  readonly erasureTiming?: ErasureTiming;
}

export async function openServer({ config, log, openDatabase, erasureTiming = {} }: Starting): Promise<Server> {
  const metrics = new Metrics();
  const port = await openPort({
    host: config.host,
    port: config.port,
    trustProxy: config.trustProxy,
    publicPath: publicPathOf(config.publicUrl),
    bounds: {
      connections: config.limits.connections,
      connectionsPerAddress: config.trustProxy ? null : config.limits.connectionsPerAddress,
      mayOpen: boundNewConnections(config.trustProxy ? null : config.limits.connectionsPerAddress),
    },
    onExceeded: metrics.onLimit,
    log,
  });
  try {
    const { url } = await openDatabase((reason) => port.wait(reason));
    const parts = await openParts({ config, log, erasureTiming }, url, metrics, () => port.countConnections());
    port.serve(
      parts.rest.fetch,
      (request, socket, head) => parts.sync.sockets.handleUpgrade(request, socket, head),
      parts.answerFirst,
    );
    return {
      url: port.url,
      close: async () => {
        if (parts.sync.countPeers() > 0) {
          port.leave();
          await delay(NOTICED_MS);
          await parts.sync.leave(SENT_ON_MS);
        }
        port.refuse();
        await parts.close();
        await port.close(REQUESTS_MS);
      },
    };
  } catch (error) {
    await port.close();
    throw error;
  }
}

async function openParts(
  { config, log, erasureTiming }: Required<Omit<Starting, 'openDatabase'>>,
  databaseUrl: string,
  metrics: Metrics,
  countHttpConnections: () => number,
) {
  const hasAccounts = config.tokens.type === 'built-in';
  const shares = shareConnections(config.databaseConnections, LANES, hasAccounts);
  const pool = createPool(databaseUrl, { log, max: shares.rest });
  // Commits come one after another; behind a thousand readers each would wait for all of them.
  const ledgerPool = createPool(databaseUrl, {
    log,
    max: shares.ledger,
    idleInTransactionMs: LEDGER_IDLE_IN_TRANSACTION_MS,
  });
  const hastyPool = createPool(databaseUrl, {
    log,
    max: shares.hasty,
    // No more than a shared transaction has.
    statementTimeoutMs: SHARED.ms,
    answerGraceMs: HASTY_ANSWER_GRACE_MS,
  });
  const limits = new Limits(config.limits, metrics.onLimit);
  const identity = hasAccounts ? await openIdentity(databaseUrl, config, log, shares.identity) : null;
  const keys = keysOf(config, identity);
  const refusedTokens = new RefusedTokens(config, log);
  const tokens = new JwtVerifier(keys, config, Date.now, refusedTokens);
  const services = new OurServiceTokens(keys, config, refusedTokens);
  const membership = new PgMembership(pool);
  const profiles = new PgProfiles(pool, log);
  const refusedPages = new RefusedPages(config, log);
  const changes = await openChanges(databaseUrl, log);
  const stores = createRestStores(pool, config.bounds);
  // Before anything can happen: from here on it is noted.
  const webhooks = await openWebhooks({
    pool,
    settings: config.webhooks,
    readMessage: (tablo, id) => stores.messages.find(tablo, id),
    observer: metrics.webhooks,
    log,
  });
  changes.subscribe(() => webhooks.wake());
  const sync = openSync({
    tokens,
    membership,
    profiles,
    ledgerStore: new PgLedgerStore(ledgerPool, { readers: pool, hasty: hastyPool }),
    documentStore: new PgDocumentStore(pool),
    claims: new PgClientClaims(pool),
    drafts: stores.drafts,
    readPositions: new PgReadPositions(pool),
    changes,
    link: {
      hints: await openHints({ url: databaseUrl, redisUrl: config.redisUrl, pool, changes, log }),
      reader: new PgLogReader(pool),
    },
    refusePage: (...page) => refusedPages.refuseSockets(...page),
    observer: {
      onCommit: (...commit) => {
        metrics.onCommit(...commit);
        webhooks.wake();
      },
      onRefused: metrics.onRefused,
      onForeignRows: metrics.onForeignRows,
      onCatchUp: metrics.onCatchUp,
      onLimit: metrics.onLimit,
      onFailure: (error) => {
        metrics.onFailure();
        log.warn({ err: error }, 'A commit failed and is tried again.');
      },
      onStorage: (isAway) =>
        isAway ? log.warn('Nothing can be stored; clients are told.') : log.info('Storing works again.'),
    },
    log,
    epochLimits: config.epochLimits,
    trustProxy: config.trustProxy,
    limits: config.limits,
  });
  metrics.watch({
    httpConnections: countHttpConnections,
    sockets: () => sync.sockets.size,
    connections: () => sync.countConnections(),
    peers: () => sync.countPeers(),
    documents: () => sync.countDocuments(),
    queued: () => sync.ledger.queued,
    queuedBytes: () => sync.ledger.queuedBytes,
    tablosApart: () => sync.ledger.apart,
    unreadBytes: () => sync.countUnreadBytes(),
    heldBytes: () => sync.countHeldBytes(),
    waitingJoins: () => sync.countWaitingJoins(),
    unhandledBytes: () => sync.countUnhandledBytes(),
    isAway: () => sync.ledger.awaySince !== null,
  });
  const rest = createRest({
    stores,
    verifier: tokens,
    services,
    membership,
    profiles,
    poster: sync.poster,
    identity,
    refusedPages,
    limits,
    hasDocs: config.hasDocs,
    health: {
      ping: () => pool.query('SELECT 1'),
      findHidden: () => findHidden(pool),
      awaySince: () => sync.ledger.awaySince,
      onTrouble: () => sync.ledger.suspect(),
      findDeafness: () => changes.trouble,
      registry: metrics.registry,
      settings: config,
    },
    settings: { ...config, unknownUsers: identity === null ? 'add' : 'invite' },
    log,
  });
  const answerPage = createPageListener(openStaticPage(PAGE_DIR, publicPathOf(config.publicUrl)), {
    ...config,
    limits,
    onStray: (path) => refusedPages.noteStray(path),
  });
  const answerWait = createWaitListener({ ...config, limits, verifier: tokens, services });
  const erasures = openErasures({
    store: new PgErasureStore(pool),
    move: (name) => sync.moveTablo(name),
    log,
    ...erasureTiming,
  });
  const rowSecurity = watchRowSecurity(pool, log);
  const audit = openHourlyAudit({ pool, log, onLast: metrics.onAudit });
  return {
    rest,
    answerFirst: (...exchange: Parameters<typeof answerPage>) => answerPage(...exchange) || answerWait(...exchange),
    sync,
    close: async () => {
      erasures.close();
      rowSecurity.close();
      await Promise.all([
        audit.close(),
        webhooks.close(),
        sync.close({ commitsMs: COMMITS_MS, snapshotsMs: SNAPSHOTS_MS }),
      ]);
      await changes.close();
      await Promise.race([
        Promise.all([profiles.settled(), identity?.close()]),
        delay(WRITES_MS, null, { ref: false }),
      ]);
      await Promise.all([
        endPool(pool, POOL_END_MS),
        endPool(ledgerPool, POOL_END_MS),
        endPool(hastyPool, POOL_END_MS),
      ]);
    },
  };
}

function keysOf(config: Config, identity: Identity | null): TokenKeys {
  if (config.tokens.type === 'secret') return secretKeys(config.tokens.secret);
  if (config.tokens.type === 'jwks') return remoteKeys(config.tokens.url);
  if (identity === null) throw new Error('the built-in issuer was not opened');
  return localKeys(() => identity.readKeys());
}
