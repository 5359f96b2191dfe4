/** For tests: the sync part on a real port and a real database, with tokens of our own making. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import { openChanges } from '../access/members/pg-changes.ts';
import { PgMembership } from '../access/members/pg-membership.ts';
import { PgReadPositions } from '../access/members/pg-read-positions.ts';
import { noProfiles } from '../access/members/profiles.ts';
import { secretKeys } from '../access/tokens/token-keys.ts';
import { JwtVerifier } from '../access/tokens/token-verifier.ts';
import { silentLog } from '../base/log.ts';
import { parseConfig } from '../config/config.ts';
import type { EpochLimits, LimitSettings } from '../config/limit-settings.ts';
import { createPool } from '../db/pool.ts';
import { openTestDatabase } from '../db/testing/test-database.ts';
import { PgDocumentStore } from '../documents/pg-document-store.ts';
import { EPOCH_LIMITS } from '../ledger/store/epoch-limits.ts';
import type { LedgerStore } from '../ledger/store/ledger-store.ts';
import { PgLedgerStore } from '../ledger/store/pg-ledger.ts';
import type { NodeLink } from '../nodes/nodes.ts';
import type { ClientClaims } from '../presence/client-claims.ts';
import { PgClientClaims } from '../presence/pg-client-claims.ts';
import { PgDrafts } from '../rest/stores/pg-drafts.ts';
import { addTablo } from '../testing/add-tablo.ts';
import { TEST_ISSUER, TEST_SECRET } from '../testing/tokens.ts';
import { openSync, type Sync } from './open-sync.ts';

function defaultLimits(): LimitSettings {
  const config = parseConfig({});
  if (!config.ok) throw new Error(config.error);
  return config.value.limits;
}

/** Nobody else is on the database. */
const ALONE: NodeLink = {
  hints: {
    send: async () => {},
    subscribe: () => () => {},
    countHearing: async () => 1,
    close: async () => {},
  },
  reader: { read: async (documents) => documents.map(() => ({ epoch: null, missed: null })) },
};

export interface TestServer {
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly sync: Sync;
  /** `ws://127.0.0.1:<port>` */
  readonly url: string;
  addTablo(members: Readonly<Record<UserId, string>>): Promise<TabloId>;
  /** Commits wait until the answer is called. A row that is locked holds them for a second only, then the tablo is put aside. */
  holdCommits(): () => void;
  /** The same database, a new process's worth of state. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function openTestServer(
  options: {
    epochMaxEntries?: number;
    epochLimits?: Partial<EpochLimits>;
    limits?: Partial<LimitSettings>;
    claims?: ClientClaims;
    trustProxy?: boolean;
    link?: NodeLink;
  } = {},
): Promise<TestServer> {
  const database = await openTestDatabase();
  const pool = createPool(database.url);
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const changes = await openChanges(database.url, silentLog);
  const store = new PgLedgerStore(pool);
  let mayCommit = Promise.resolve();
  const ledgerStore: LedgerStore = {
    transact: async (...args) => {
      await mayCommit;
      return store.transact(...args);
    },
    probe: () => store.probe(),
    findDurable: (...args) => store.findDurable(...args),
  };
  const open = (): Sync =>
    openSync({
      tokens: new JwtVerifier(secretKeys(TEST_SECRET), { issuer: TEST_ISSUER, audience: null }),
      membership: new PgMembership(pool),
      profiles: noProfiles,
      ledgerStore,
      documentStore: new PgDocumentStore(pool),
      claims: options.claims ?? new PgClientClaims(pool),
      drafts: new PgDrafts(pool),
      readPositions: new PgReadPositions(pool),
      changes,
      link: options.link ?? ALONE,
      refusePage: () => 'This origin is not allowed.',
      observer: { onCommit() {}, onFailure() {}, onRefused() {}, onLimit() {}, onForeignRows() {}, onCatchUp() {} },
      log: silentLog,
      epochLimits: {
        ...EPOCH_LIMITS,
        entries: options.epochMaxEntries ?? EPOCH_LIMITS.entries,
        ...options.epochLimits,
      },
      trustProxy: options.trustProxy ?? false,
      limits: { ...defaultLimits(), ...options.limits },
    });
  let sync = open();
  http.on('upgrade', (request, socket, head) => sync.sockets.handleUpgrade(request, socket, head));
  const { port } = http.address() as AddressInfo;
  return {
    databaseUrl: database.url,
    pool,
    get sync() {
      return sync;
    },
    url: `ws://127.0.0.1:${port}`,
    addTablo: (members) => addTablo(pool, members),
    holdCommits: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      mayCommit = promise;
      return resolve;
    },
    restart: async () => {
      await sync.close({ commitsMs: 20_000, snapshotsMs: 20_000 });
      sync = open();
    },
    close: async () => {
      await sync.close({ commitsMs: 2_000, snapshotsMs: 2_000 });
      await changes.close();
      http.close();
      http.closeAllConnections();
      await pool.end();
      await database.close();
    },
  };
}
