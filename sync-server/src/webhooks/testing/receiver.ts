/** For tests: a host's back end that takes webhooks. It checks signatures by WebCrypto, as a receiver would, not with our own code. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As Standard Webhooks writes one. */
export const TEST_WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const TOLERANCE_S = 300;

export interface Received {
  readonly id: string;
  readonly isGenuine: boolean;
  readonly type: string;
  readonly timestamp: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of it.
  readonly data: any;
  /** What it was answered. */
  readonly status: number;
}

type Answer = (event: Pick<Received, 'type' | 'data' | 'id'>, nth: number) => number | Promise<number>;

export async function openReceiver(answer: Answer = () => 204, port = 0) {
  const received: Received[] = [];
  let answerNow = answer;
  const server = createServer(async (request, response) => {
    const body = await readText(request);
    const { type, timestamp, data } = JSON.parse(body);
    const id = String(request.headers['webhook-id']);
    const isGenuine = await verify(request, body);
    const status = await answerNow({ type, data, id }, received.length);
    received.push({ id, isGenuine, type, timestamp, data, status });
    response.writeHead(status, status >= 300 && status < 400 ? { Location: '/elsewhere' } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    /** All attempts. */
    received,
    /** What it took. */
    taken: () => received.filter(({ status }) => status >= 200 && status < 300),
    answer: (next: Answer) => {
      answerNow = next;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type Receiver = Awaited<ReturnType<typeof openReceiver>>;

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function verify({ headers }: IncomingMessage, body: string): Promise<boolean> {
  const seconds = Number(headers['webhook-timestamp']);
  if (Math.abs(Date.now() / 1_000 - seconds) > TOLERANCE_S) return false;
  const raw = Uint8Array.from(atob(TEST_WEBHOOK_SECRET.replace('whsec_', '')), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const signed = new TextEncoder().encode(`${headers['webhook-id']}.${seconds}.${body}`);
  const signatures = String(headers['webhook-signature']).split(' ');
  const checks = signatures.map(async (signature) => {
    const [version, encoded = ''] = signature.split(',');
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    return version === 'v1' && (await crypto.subtle.verify('HMAC', key, bytes, signed));
  });
  return (await Promise.all(checks)).includes(true);
}
