/**
 * One POST to an endpoint of the operator's: with a deadline, no redirects followed, and no more of the answer than its status looked at. Every attempt ends, whatever the other side does:
 * one that never ended would keep its tablo's place for good.
 */
import { lookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPrivateAddress } from '../base/private-network.ts';

export const POST_MS = 10_000;
/** Read and thrown away, so that the connection can be used again; one that answers with more is ended. */
const ANSWER_MAX_BYTES = 64 * 1_024;
/** The same for time: a receiver whose answers trickle must not hold the connections that others wait for. */
const ANSWER_REST_MS = 500;

interface Posting {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export class Poster {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #deadlineMs: number;

  /** `look`: tests have names of their own. */
  constructor(connections: number, deadlineMs = POST_MS, look: LookupFunction = lookup) {
    const options = { keepAlive: true, maxSockets: connections };
    // Without TLS texts go within a private network only, wherever the name leads by now.
    this.#http = new HttpAgent({ ...options, lookup: withinPrivateNetwork(look) });
    this.#https = new HttpsAgent(options);
    this.#deadlineMs = deadlineMs;
  }

  /** null: answered 2xx. Else why not, without a word of the answer. Rejects when `signal` says so. */
  async post(posting: Posting): Promise<string | null> {
    const deadline = AbortSignal.timeout(this.#deadlineMs);
    const signal = AbortSignal.any([deadline, posting.signal]);
    for (let isFirst = true; ; isFirst = false) {
      try {
        const status = await this.#send(posting, signal, isFirst);
        return status >= 200 && status < 300 ? null : `answered ${status}`;
      } catch (error) {
        if (posting.signal.aborted) throw error;
        if (deadline.aborted) return `no answer within ${this.#deadlineMs / 1_000} s`;
        // The other side has ended a connection that was idle, while this was on its way.
        if (!(error instanceof StaleConnection)) return describe(error);
      }
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #send({ url, headers, body }: Posting, signal: AbortSignal, mayBeStale: boolean): Promise<number> {
    const isTls = url.startsWith('https:');
    const open = isTls ? httpsRequest : httpRequest;
    const agent = isTls ? this.#https : this.#http;
    const length = { 'Content-Length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const request = open(url, { method: 'POST', agent, signal, headers: { ...headers, ...length } });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = mayBeStale && request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
        reject(isStale ? new StaleConnection('the connection had ended', { cause: error }) : error);
      });
      request.on('response', (response) => {
        resolve(response.statusCode ?? 0);
        drain(response);
      });
      // 101 is no answer of a receiver. Without a listener Node ends the connection, and tells nobody.
      request.on('upgrade', ({ statusCode = 101 }: IncomingMessage, socket) => {
        socket.destroy();
        resolve(statusCode);
      });
      request.on('close', () => reject(new Error('the connection ended without an answer')));
      request.end(body);
    });
  }
}

class StaleConnection extends Error {}

function drain(response: IncomingMessage): void {
  let bytes = 0;
  const timer = setTimeout(() => response.destroy(), ANSWER_REST_MS).unref();
  response.on('close', () => clearTimeout(timer));
  response.on('error', () => {}); // Its status is known, which is all that was asked for.
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) response.destroy();
  });
}

class NotPrivateError extends Error {
  readonly code = 'not within a private network, and the address has no https';
}

const withinPrivateNetwork =
  (look: LookupFunction): LookupFunction =>
  (hostname, options, callback) =>
    look(hostname, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
      const isOutside = error === null && !addresses.every(isPrivateAddress);
      callback(isOutside ? new NotPrivateError() : error, found, family);
    });

/** PostgreSQL keeps it, and the log shows it: a code, or a sentence of Node's, never longer than this. */
const REASON_MAX_LENGTH = 200;

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code ?? message).slice(0, REASON_MAX_LENGTH);
}
