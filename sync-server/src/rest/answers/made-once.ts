/** An answer that is the same for everybody: made at the first request, compressed once, and given out from memory from then on [R11]. */
import { constants, gzipSync } from 'node:zlib';
import type { Context } from 'hono';
import { takesGzip } from './static-page.ts';

export function madeOnce(type: string, make: () => string): (context: Context) => Response {
  let made: { readonly plain: string; readonly gzipped: Uint8Array<ArrayBuffer> } | null = null;
  return (context) => {
    if (made === null) {
      const plain = make();
      made = { plain, gzipped: new Uint8Array(gzipSync(plain, { level: constants.Z_BEST_COMPRESSION })) };
    }
    const headers = { 'Content-Type': type, 'Cache-Control': 'no-cache', Vary: 'Accept-Encoding' };
    return takesGzip(context.req.header('accept-encoding') ?? '')
      ? context.body(made.gzipped, 200, { ...headers, 'Content-Encoding': 'gzip' })
      : context.body(made.plain, 200, headers);
  };
}
