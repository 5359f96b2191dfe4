/** Strangers over HTTP: no account, one address. */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { ATTACKERS_ADDRESS, type Attack, type Field } from '../attacker/attack.ts';
import { repeat } from '../attacker/workers.ts';

const NOT_READING = 400;
const SLOW_BODIES = 1_000;
const PASSWORD = 'correct horse battery';
const LOOK_MS = 100;

/** A connection by hand; null: refused. */
async function dial({ http, tally, atEnd }: Field, text: string): Promise<Socket | null> {
  const { hostname, port } = new URL(http);
  const socket = connect({ host: hostname, port: Number(port), localAddress: ATTACKERS_ADDRESS });
  atEnd(() => void socket.destroy());
  socket.on('error', () => {}); // `destroyed` tells.
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(5_000) });
  } catch {
    socket.destroy();
    return null;
  }
  socket.write(text);
  tally.send(text.length);
  return socket;
}

/** So many connections, each replaced when the server ends it. */
function keepOpen(field: Field, over: AbortSignal, count: number, text: string, reads: boolean): Promise<void> {
  return repeat(over, count, async () => {
    const socket = await dial(field, text);
    if (socket === null) return false;
    if (reads) {
      socket.on('data', (chunk: Buffer) => {
        field.tally.receivedBytes += chunk.byteLength;
        const status = /^HTTP\/1\.1 (\d{3})/.exec(chunk.toString('latin1'))?.[1];
        if (status !== undefined) field.tally.refuse(status);
      });
    }
    while (!socket.destroyed && !over.aborted && !socket.readableEnded) await delay(LOOK_MS);
    if (!over.aborted) field.tally.cut += 1;
    socket.destroy();
    return false;
  });
}

/** The heaviest file of the page: what a stranger may ask for. */
async function findLargestFile(http: string): Promise<string> {
  const page = await (await fetch(http)).text();
  const paths = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? '/');
  let largest = { path: '/', bytes: 0 };
  for (const path of paths) {
    const { byteLength } = await (await fetch(http + path)).arrayBuffer();
    if (byteLength > largest.bytes) largest = { path, bytes: byteLength };
  }
  return largest.path;
}

const unreadPage: Attack = {
  name: 'unread-page',
  what: 'ask for the page’s largest file on 400 connections and read nothing',
  identity: 'secret',
  prepare: async (field) => {
    const path = await findLargestFile(field.http);
    const requests = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(10);
    return (over) => keepOpen(field, over, NOT_READING, requests, false);
  },
};

const strangerGets: Attack = {
  name: 'stranger-gets',
  what: 'ask for the script, metrics, documentation and probes, 64 at once',
  identity: 'secret',
  prepare: async ({ http, call }) => {
    const paths = [await findLargestFile(http), '/metrics', '/docs', '/openapi.json', '/readyz', '/healthz'];
    return async (over) => {
      let nth = 0;
      await repeat(over, 64, async () => {
        nth += 1;
        return (await call(paths[nth % paths.length] ?? '/', { headers: { 'accept-encoding': 'gzip' } })) === 200;
      });
    };
  },
};

const head = (path: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n${more}\r\n{`;

const slowBodiesOfMember: Attack = {
  name: 'slow-bodies-member',
  what: 'begin 1,000 posts as a member and never send their bodies',
  identity: 'secret',
  prepare: async (field) => {
    const text = head(`/chat/channels/${randomUUID()}/messages`, `Authorization: Bearer ${tokenOf(randomUUID())}\r\n`);
    return (over) => keepOpen(field, over, SLOW_BODIES, text, true);
  },
};

const slowBodiesOfStranger: Attack = {
  name: 'slow-bodies-stranger',
  what: 'begin 1,000 sign-ins and never send their bodies',
  identity: 'built-in',
  prepare: async (field) => (over) => keepOpen(field, over, SLOW_BODIES, head('/api/auth/sign-in/email'), true),
};

const passwordHashes: Attack = {
  name: 'password-hashes',
  what: 'sign in and up, 285 at once, without an end',
  identity: 'built-in',
  prepare: async ({ call }) => {
    return async (over) => {
      let nth = 0;
      await repeat(over, 285, async () => {
        nth += 1;
        const email = `${nth}-${randomUUID()}@example.org`;
        const path = nth % 3 === 0 ? '/api/auth/sign-in/email' : '/api/auth/sign-up/email';
        return (await call(path, { body: { name: 'Eve', email, password: PASSWORD } })) === 200;
      });
    };
  },
};

const authPaths: Attack = {
  name: 'auth-404',
  what: 'ask for 15 KB long random paths below /api/auth, 32 at once',
  identity: 'built-in',
  prepare: async ({ call }) => {
    return (over) =>
      repeat(over, 32, async () => {
        await call(`/api/auth/${randomBytes(8).toString('hex')}${'x'.repeat(15_000)}`);
        return true;
      });
  },
};

const sessions: Attack = {
  name: 'sessions',
  what: 'ask for sessions and tokens with invented cookies, 32 at once',
  identity: 'built-in',
  prepare: async ({ call }) => {
    return async (over) => {
      let nth = 0;
      await repeat(over, 32, async () => {
        nth += 1;
        const cookie = `better-auth.session_token=${randomUUID()}.${randomBytes(32).toString('base64url')}`;
        await call(nth % 2 === 0 ? '/api/auth/token' : '/api/auth/get-session', { headers: { cookie } });
        return true;
      });
    };
  },
};

const badTokens: Attack = {
  name: 'bad-tokens',
  what: 'send forged tokens to REST, 32 at once',
  identity: 'built-in',
  prepare: async ({ call }) => {
    return (over) =>
      repeat(over, 32, async () => {
        await call('/chat/channels', { token: tokenOf(randomUUID()) });
        return true;
      });
  },
};

export const strangerAttacks = [
  unreadPage,
  strangerGets,
  slowBodiesOfMember,
  slowBodiesOfStranger,
  passwordHashes,
  authPaths,
  sessions,
  badTokens,
] as const;
