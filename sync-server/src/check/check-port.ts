/** Whether the address to listen on is free: it is taken for a moment, and let go. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Finding, finding } from '../base/finding.ts';
import { describeListenFault } from '../base/listen-fault.ts';

const ANSWER_MS = 2_000;

interface Listening {
  readonly host: string;
  readonly port: number;
}

export async function checkPort(listening: Listening): Promise<Finding> {
  const { host, port } = listening;
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return finding('ok', `HOST=${host} and PORT=${port} are free.`);
  } catch (error) {
    if (await isOurs(listening))
      return finding('note', `A Tablo Chat answers on port ${port} now: stop it before another one starts.`);
    return finding('stop', describeListenFault(error, listening) ?? `Nobody can listen on HOST=${host} (${error}).`);
  } finally {
    server.close();
  }
}

const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

async function isOurs({ host, port }: Listening): Promise<boolean> {
  const name = ANY[host] ?? host;
  try {
    const answer = await fetch(`http://${name.includes(':') ? `[${name}]` : name}:${port}/api/config`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const { identity } = (await answer.json()) as { identity?: unknown };
    return identity === 'built-in' || identity === 'external';
  } catch {
    return false; // Whatever it is, it speaks something else.
  }
}
