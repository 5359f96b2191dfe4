/** For tests of what REST does to live conversations: the whole server on a database of its own, people with tokens of our issuer, and their live clients. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { openWholeServer } from '../../attacks/whole-server.ts';
import { createPool } from '../../db/pool.ts';
import { addTablo } from '../../testing/add-tablo.ts';
import { TestClient } from '../../testing/test-client.ts';
import { TOKEN_SETTINGS, tokenOf } from '../../testing/tokens.ts';

export const SERVICE_TOKEN = 'a-service-token-of-forty-characters-0123';

export interface LiveAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a body.
  readonly body: any;
}

export async function openLiveRest(env: Readonly<Record<string, string>> = {}) {
  const server = await openWholeServer({
    ...TOKEN_SETTINGS,
    SERVICE_TOKENS: SERVICE_TOKEN,
    ...env,
  });
  const pool = createPool(server.databaseUrl);
  const clients: TestClient[] = [];

  const call = async (
    token: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<LiveAnswer> => {
    const answer = await server.call(`/chat${path}`, {
      method,
      headers,
      ...(token === null ? {} : { token }),
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, body: answer.text.startsWith('{') ? JSON.parse(answer.text) : answer.text };
  };

  return {
    server,
    pool,
    call,
    as: async (user: UserId, method: string, path: string, body?: unknown) => call(tokenOf(user), method, path, body),
    /** With the service token; `user`: for whom. */
    service: (user: UserId | null, method: string, path: string, body?: unknown) =>
      call(SERVICE_TOKEN, method, path, body, user === null ? {} : { 'chat-user': user }),
    /** An unmodified provider, in the tablo's document of now. */
    join: async (user: UserId, tablo: TabloId): Promise<TestClient> => {
      const { rows } = await pool.query<{ epoch: number }>('SELECT epoch FROM tablos WHERE id = $1', [tablo]);
      const client = new TestClient(server.url.replace('http:', 'ws:'), `${tablo}/${rows[0]?.epoch}`, tokenOf(user));
      clients.push(client);
      return client;
    },
    createTablo: (members: Readonly<Record<string, Role>>): Promise<TabloId> =>
      addTablo(pool, members, { name: 'Plans' }),
    close: async () => {
      for (const client of clients) client.close();
      await pool.end();
      await server.close();
    },
  };
}

export type LiveRest = Awaited<ReturnType<typeof openLiveRest>>;
