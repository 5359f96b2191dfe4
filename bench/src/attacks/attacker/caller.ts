/** Requests of one address over connections that are kept. Answers are read and counted, not kept. */
import { Agent, request as httpRequest } from 'node:http';
import type { Tally } from './tally.ts';

export interface Call {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const CONNECTIONS = 256;
const ANSWER_DEADLINE_MS = 20_000;
const MOST_OF_A_REFUSAL = 1_000;

export interface Caller {
  call(path: string, call?: Call): Promise<number>;
  close(): void;
}

export function openCaller(http: string, localAddress: string, tally: Tally): Caller {
  const { hostname, port } = new URL(http);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, localAddress } as ConstructorParameters<
    typeof Agent
  >[0]);
  let isOver = false;
  const call = async (path: string, { method, token, headers = {}, body }: Call = {}): Promise<number> => {
    const text = body === undefined ? '' : JSON.stringify(body);
    await tally.uplink.ready();
    return new Promise((resolve) => {
      const request = httpRequest({
        ...{ host: hostname, port, path, agent, method: method ?? (body === undefined ? 'GET' : 'POST') },
        timeout: ANSWER_DEADLINE_MS,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          'content-length': String(Buffer.byteLength(text)),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      const lose = (): void => {
        if (!isOver) tally.cut += 1;
        resolve(0);
      };
      request.on('timeout', () => request.destroy());
      request.on('error', lose);
      request.on('response', (response) => {
        const status = response.statusCode ?? 0;
        let said = '';
        response.on('data', (chunk: Buffer) => {
          tally.receivedBytes += chunk.byteLength;
          if (status >= 400 && said.length < MOST_OF_A_REFUSAL) said += chunk.toString('latin1');
        });
        response.on('error', lose);
        response.on('end', () => {
          if (status < 400) tally.accepted += 1;
          else tally.refuse(`${status} ${/"code":"([a-z-]+)"/.exec(said)?.[1] ?? ''}`.trim());
          resolve(status);
        });
      });
      tally.send(path.length + Buffer.byteLength(text));
      request.end(text);
    });
  };
  return {
    call,
    close: () => {
      isOver = true;
      agent.destroy();
    },
  };
}
