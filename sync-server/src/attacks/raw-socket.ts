/** A WebSocket by hand on a TCP connection: one that neither reads nor answers a close unless told to, and may stop in the middle of a frame. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';

export async function openRawSocket(url: string): Promise<Socket> {
  const { port, pathname, search } = new URL(url);
  const upgrade = request({
    host: '127.0.0.1',
    port,
    path: pathname + search,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    },
  });
  upgrade.end();
  const [, socket] = (await once(upgrade, 'upgrade', { signal: AbortSignal.timeout(5_000) })) as [unknown, Socket];
  socket.on('error', () => {}); // The server may reset it: `destroyed` tells.
  return socket;
}

/** A masked binary frame (RFC 6455, section 5.2) with a mask of zeros. */
export function wsFrame(payload: Uint8Array, opcode = 2): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(payload.byteLength), 2);
  if (payload.byteLength > 65_535) return Buffer.concat([head, payload]);
  const short = payload.byteLength < 126;
  const small = Buffer.alloc(short ? 6 : 8);
  small[0] = 0x80 | opcode;
  small[1] = 0x80 | (short ? payload.byteLength : 126);
  if (!short) small.writeUInt16BE(payload.byteLength, 2);
  return Buffer.concat([small, payload]);
}
