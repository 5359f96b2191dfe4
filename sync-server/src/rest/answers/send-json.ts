/**
 * A JSON answer, compressed where that is worth it. The cheapest level, two at a time: compression shares a few threads with the checking of tokens. An answer that finds
 * no free place is sent uncompressed; no answer ever waits for compression [R11].
 */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Context } from 'hono';
import { takesGzip } from './static-page.ts';

const COMPRESS_MIN_BYTES = 1_024;
const COMPRESS_MAX_BYTES = 1_024 * 1_024;
export const COMPRESSIONS_AT_ONCE = 2;

const compress = promisify(gzip);
let running = 0;

/** An answer as it is charged and sent: with the processor time that it took, compressed or not. */
export const encodeJson = (body: unknown): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(body));

export async function sendJson(
  context: Context,
  json: Uint8Array<ArrayBuffer>,
  status: 200 | 201 | 202,
): Promise<Response> {
  if (json.byteLength < COMPRESS_MIN_BYTES) return context.body(json, status, { 'Content-Type': 'application/json' });
  const headers = { 'Content-Type': 'application/json', Vary: 'Accept-Encoding' };
  const accepted = context.req.header('accept-encoding') ?? '';
  if (json.byteLength > COMPRESS_MAX_BYTES || running >= COMPRESSIONS_AT_ONCE || !takesGzip(accepted))
    return context.body(json, status, headers);
  running += 1;
  try {
    const bytes = await compress(json, { level: constants.Z_BEST_SPEED });
    return context.body(new Uint8Array(bytes), status, { ...headers, 'Content-Encoding': 'gzip' });
  } finally {
    running -= 1;
  }
}
