/** The whole server as `main.ts` starts it, on a database of its own: for attacks from outside the conversation. What it logs and counts can be looked at. */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createLog, silentLog } from '../base/log.ts';
import { createRateLimitedLog } from '../base/rate-limited-log.ts';
import { parseConfig } from '../config/config.ts';
import { migrate } from '../db/migrate.ts';
import { openTestDatabase } from '../db/testing/test-database.ts';
import { openServer } from '../server.ts';

/** Of this machine as well, and other addresses than the first: Linux has all of 127/8. */
export const HERE = '127.0.0.1';
export const ELSEWHERE = '127.0.0.2';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly token?: string;
  /** Whose request it is. */
  readonly from?: string;
}

export interface Account {
  readonly email: string;
  readonly cookie: string;
  readonly token: string;
}

export const PASSWORD = 'correct horse battery';

export async function openWholeServer(
  env: Readonly<Record<string, string>> = {},
  { erasureTiming }: Pick<Parameters<typeof openServer>[0], 'erasureTiming'> = {},
) {
  const database = await openTestDatabase();
  await migrate(database.url, silentLog);
  const config = parseConfig({ ...env, PORT: '0', DATABASE_URL: database.url });
  if (!config.ok) throw new Error(config.error);
  const lines: string[] = [];
  const log = createRateLimitedLog(
    createLog({ level: 'debug', format: 'json', write: (line) => void lines.push(line) }),
  );
  const server = await openServer({
    config: config.value,
    log,
    openDatabase: async () => ({ url: database.url }),
    ...(erasureTiming === undefined ? {} : { erasureTiming }),
  });
  const { port } = new URL(server.url);
  const agents = new Map<string, Agent>();
  const sockets: Socket[] = [];

  const call = (path: string, { method, headers = {}, body, token, from = HERE }: Call = {}): Promise<Answer> => {
    const agent = agents.get(from) ?? new Agent({ keepAlive: true, localAddress: from });
    agents.set(from, agent);
    const text = body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        host: HERE,
        port,
        path,
        agent,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      });
      request.end(text);
    });
  };

  /** A connection by hand: sends a text, and reads nothing unless told to. */
  const dial = (text: string, from = HERE): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: Number(port), host: HERE, localAddress: from });
      sockets.push(socket);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        socket.on('error', () => {}); // Reset by the server: `closed` tells.
        socket.write(text);
        resolve(socket);
      });
    });

  const signUp = async (from = ELSEWHERE): Promise<Account> => {
    const email = `${crypto.randomUUID()}@example.org`;
    const answer = await call('/api/auth/sign-up/email', { body: { name: 'Alice', email, password: PASSWORD }, from });
    if (answer.status !== 200) throw new Error(`Sign-up answered ${answer.status}: ${answer.text}`);
    const cookie = (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
    const { token } = JSON.parse((await call('/api/auth/token', { headers: { cookie }, from })).text) as Account;
    return { email, cookie, token };
  };

  return {
    url: server.url,
    databaseUrl: database.url,
    lines,
    call,
    dial,
    signUp,
    /** All that is under way from an address. */
    hangUp: (from: string): void => agents.get(from)?.destroy(),
    /** How often a limit has bitten. */
    readLimit: async (limit: string): Promise<number> => {
      const { text } = await call('/metrics', { from: ELSEWHERE });
      return Number(new RegExp(`^tablo_limited_total\\{limit="${limit}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
    },
    readGauge: async (name: string): Promise<number> => {
      const { text } = await call('/metrics', { from: ELSEWHERE });
      return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
    },
    close: async () => {
      for (const agent of agents.values()) agent.destroy();
      for (const socket of sockets) socket.destroy();
      await server.close();
      await database.close();
    },
  };
}

export type WholeServer = Awaited<ReturnType<typeof openWholeServer>>;
