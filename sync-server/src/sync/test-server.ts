/** For tests: the sync part on a real port and a real database, with tokens of our own making. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { parseServerStateless, type ServerStateless } from '@tablo/schema/wire/stateless';
import { SignJWT } from 'jose';
import type { Pool } from 'pg';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
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
import { openSync, type Sync } from './open-sync.ts';

export const TEST_SECRET = 'a secret that only tests know';
export const TEST_ISSUER = 'tests';

export async function signToken(user: UserId, name = 'Somebody', ttlSeconds = 3_600): Promise<string> {
  return new SignJWT({ name })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer(TEST_ISSUER)
    .setExpirationTime(Math.floor(Date.now() / 1_000) + ttlSeconds)
    .sign(new TextEncoder().encode(TEST_SECRET));
}

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
    addTablo: async (members) => {
      const id = createEntryId() as string as TabloId;
      await pool.query('INSERT INTO tablos (id, name) VALUES ($1, $2)', [id, 'Test']);
      for (const [user, role] of Object.entries(members)) {
        await pool.query('INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, $3)', [id, user, role]);
      }
      return id;
    },
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

/** `ws` reports a socket that is closed while it still connects as an error, also when nobody listens any more; browsers do not. */
class QuietWebSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    this.on('error', () => {});
  }
}

/** An unmodified provider and what it received. */
export class TestClient {
  readonly doc = new Y.Doc();
  readonly heard: ServerStateless[] = [];
  readonly closed: string[] = [];
  readonly denied: string[] = [];
  readonly socket: HocuspocusProviderWebsocket;
  readonly provider: HocuspocusProvider;

  constructor(url: string, name: string, token: string | (() => Promise<string>)) {
    this.socket = new HocuspocusProviderWebsocket({
      url: `${url}/sync`,
      WebSocketPolyfill: QuietWebSocket,
      delay: 50,
      minDelay: 50,
      maxDelay: 200,
    });
    this.provider = new HocuspocusProvider({
      websocketProvider: this.socket,
      name,
      token,
      document: this.doc,
      onStateless: ({ payload }) => {
        const message = parseServerStateless(payload);
        if (message !== null) this.heard.push(message);
      },
      onClose: ({ event }) => this.closed.push(event.reason),
      onAuthenticationFailed: ({ reason }) => this.denied.push(reason),
    });
    this.provider.attach();
  }

  get entries(): readonly Record<string, unknown>[] {
    return this.doc.getArray<Record<string, unknown>>('messages').toArray();
  }

  get texts(): readonly unknown[] {
    return this.entries.filter(({ kind }) => kind === 'message').map(({ text }) => text);
  }

  push(...entries: readonly unknown[]): void {
    this.doc.getArray('messages').push([...entries]);
  }

  refusals(): readonly string[] {
    return this.heard.flatMap((message) => (message.type === 'refused' ? [message.code] : []));
  }

  close(): void {
    this.provider.destroy();
    this.socket.destroy();
  }
}

/** An unmodified y-websocket client, and the codes with which its sockets were closed. */
export async function openYjsClient(server: Pick<TestServer, 'url'>, tablo: TabloId, user: UserId, doc = new Y.Doc()) {
  const closes: number[] = [];
  const provider = new WebsocketProvider(`${server.url}/yjs`, tablo, doc, {
    params: { token: await signToken(user) },
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    maxBackoffTime: 100,
  });
  provider.on('connection-close', (event) => event !== null && closes.push(event.code));
  return { provider, doc, closes, close: () => provider.destroy() };
}
