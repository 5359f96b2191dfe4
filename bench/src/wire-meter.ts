/** Between a client and a server: counts every byte of both directions, handshakes and headers included, and says which were WebSocket and which REST. */
import { joinEnds, TcpProxy, targetOf } from '@tablo/sync-server/testing/tcp-proxy';

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
  close(): Promise<void>;
}

export async function openWireMeter(target: string): Promise<WireMeter> {
  const counts = { socketUp: 0, socketDown: 0, restUp: 0, restDown: 0 };
  const proxy = await TcpProxy.open({
    targets: () => [targetOf(target)],
    join: (pair) => {
      let isRest = false;
      pair.near.once('data', (head: Buffer) => {
        isRest = !head.toString('latin1').startsWith('GET /sync');
      });
      pair.near.on('data', (bytes: Buffer) => {
        counts[isRest ? 'restUp' : 'socketUp'] += bytes.length;
      });
      pair.far.on('data', (bytes: Buffer) => {
        counts[isRest ? 'restDown' : 'socketDown'] += bytes.length;
      });
      joinEnds(pair);
    },
  });
  return { url: proxy.url, read: () => ({ ...counts }), close: () => proxy.close() };
}
