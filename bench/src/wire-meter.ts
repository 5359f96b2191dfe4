/** Between a client and a server: counts every byte of both directions, handshakes and headers included, and says which were WebSocket and which REST. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface WireBytes {
  readonly socketUp: number;
  readonly socketDown: number;
  readonly restUp: number;
  readonly restDown: number;
}

export interface WireMeter {
  /** Without a slash at the end. */
  readonly url: string;
  /** Since the meter was opened. */
  read(): WireBytes;
  close(): void;
}

export async function openWireMeter(target: string): Promise<WireMeter> {
  const { hostname, port } = new URL(target);
  const counts = { socketUp: 0, socketDown: 0, restUp: 0, restDown: 0 };
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let isRest = false;
    near.once('data', (chunk) => {
      isRest = !chunk.toString('latin1').startsWith('GET /sync');
    });
    near.on('data', (chunk) => {
      counts[isRest ? 'restUp' : 'socketUp'] += chunk.length;
    });
    far.on('data', (chunk) => {
      counts[isRest ? 'restDown' : 'socketDown'] += chunk.length;
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy()); // Whoever ends without a word ends both.
      from.on('close', () => open.delete(from));
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    read: () => ({ ...counts }),
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
