// The real server, and real chat clients with their own timing, each over a link of its own.
import { randomUUID } from 'node:crypto';
import { Writable } from '@tablo/client/chat/base/readable';
import { type ChatClient, openChatClient } from '@tablo/client/chat/chat-client';
import { MemoryStore } from '@tablo/client/chat/store/memory-store';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { addTablo } from '@tablo/sync-server/testing/add-tablo';
import { QuietWebSocket } from '@tablo/sync-server/testing/quiet-web-socket';
import { TOKEN_SETTINGS, tokenOf } from '@tablo/sync-server/testing/tokens';
import pg from 'pg';
import { type RunningServer, startServer } from '../support/server.ts';
import { TestLink } from './test-link.ts';

export interface LinkStage {
  readonly server: RunningServer;
  addUser(): UserId;
  addTablo(...members: readonly UserId[]): Promise<TabloId>;
  openLink(bytesPerSecond?: number): Promise<TestLink>;
  openClient(user: UserId, url: string, options?: { isOnline?: () => boolean }): Promise<ChatClient>;
  close(): Promise<void>;
}

export async function openLinkStage(databaseUrl: string): Promise<LinkStage> {
  const server = await startServer({
    env: {
      ...TOKEN_SETTINGS,
      DATABASE_URL: databaseUrl,
      MAX_UNAUTHENTICATED_SOCKETS: '100000',
      // A document that takes a slow link many seconds.
      EPOCH_MAX_BYTES: String(4 * 1024 * 1024),
      LOG_LEVEL: 'warn',
    },
  });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const closers: (() => Promise<unknown>)[] = [];
  return {
    server,
    addUser: () => randomUUID() as string as UserId,
    addTablo: (...members) => addTablo(pool, members, { name: 'Link' }),
    openLink: async (bytesPerSecond) => {
      const link = await TestLink.open(server.url, bytesPerSecond);
      closers.unshift(() => link.close());
      return link;
    },
    openClient: async (user, url, { isOnline = () => true } = {}) => {
      const name = `User ${user.slice(0, 4)}`;
      const client = await openChatClient({
        user: { id: user, name, email: null },
        tokens: { getToken: async () => tokenOf(user, { name }) },
        baseUrl: url,
        storage: { store: new MemoryStore(), state: new Writable({ status: 'durable' as const }) },
        // Node's own goes over a kept connection of `fetch` where there is one, which may be a frozen one; no browser's does.
        WebSocketImpl: QuietWebSocket,
        environment: { isOnline, on: () => () => {} },
        openTabChannel: () => ({ onmessage: null, postMessage() {}, close() {} }),
      });
      closers.unshift(() => client.close());
      return client;
    },
    close: async () => {
      await Promise.all(closers.map((close) => close()));
      await pool.end();
      await server.stop();
    },
  };
}
