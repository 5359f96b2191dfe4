/** One POST to an endpoint of the operator's: with a deadline, no redirects followed, and no more of the answer than its status looked at. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export const POST_MS = 10_000;
/** Read and thrown away, so that the connection can be used again; one that answers with more is ended. */
const ANSWER_MAX_BYTES = 64 * 1_024;

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

  constructor(connections: number, deadlineMs = POST_MS) {
    const options = { keepAlive: true, maxSockets: connections };
    this.#http = new HttpAgent(options);
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
      request.end(body);
    });
  }
}

class StaleConnection extends Error {}

function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => {}); // Its status is known, which is all that was asked for.
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) response.destroy();
  });
}

/** PostgreSQL keeps it, and the log shows it: a code, or a sentence of Node's, never longer than this. */
const REASON_MAX_LENGTH = 200;

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code ?? message).slice(0, REASON_MAX_LENGTH);
}
