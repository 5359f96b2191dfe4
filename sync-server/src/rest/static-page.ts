/**
 * The web client's files. Names under `/assets/` carry a hash of their content, so browsers keep them for ever; everything else is asked for again
 * each time. Addresses of the page's own (`/invite/…`) get `index.html`, and a client that was updated finds its way.
 */
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { Context } from 'hono';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
};

/** Whose paths are not the page's, whatever asks for them. */
const SERVER_PATHS = /^\/(chat|api|sync|yjs|docs|healthz|readyz|metrics|openapi\.json)(\/|$)/;
const IMMUTABLE = 'public, max-age=31536000, immutable';
const ASK_AGAIN = 'no-cache';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tablo Chat</title>
<h1>The page has not been built</h1><p>The server runs. <code>npm start</code> builds the page as well.</p></html>`;

/** The answer for a GET or HEAD of the page, or `null` where there is nothing of it. */
export type StaticPage = (context: Context) => Promise<Response | null>;

export function createStaticPage(dist: string): StaticPage {
  return async (context) => {
    const path = pathOf(context);
    if (
      path === null ||
      !['GET', 'HEAD'].includes(context.req.method) ||
      SERVER_PATHS.test(path) ||
      hasHiddenPart(path)
    )
      return null;
    const file = path === '/' ? null : await readStatic(dist, path);
    if (file !== null) return send(context, file, path.startsWith('/assets/') ? IMMUTABLE : ASK_AGAIN);
    // A file that is missing is missing: HTML in a script's place would break the page in a way nobody understands.
    if (extname(path) !== '' && path !== '/index.html') return null;
    const index = await readStatic(dist, '/index.html');
    if (index !== null) return send(context, index, ASK_AGAIN);
    return context.html(NOT_BUILT, 503, { 'Cache-Control': 'no-store' });
  };
}

interface File {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
}

function pathOf(context: Context): string | null {
  try {
    return decodeURIComponent(new URL(context.req.url).pathname);
  } catch {
    return null; // Not an address that any file has.
  }
}

async function readStatic(dist: string, path: string): Promise<File | null> {
  const name = normalize(join(dist, path));
  if (path.includes('\0') || !name.startsWith(normalize(dist + sep))) return null;
  try {
    const { size, mtimeMs } = await stat(name);
    const bytes = await readFile(name);
    return {
      bytes,
      type: TYPES[extname(name)] ?? 'application/octet-stream',
      etag: `W/"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`,
    };
  } catch {
    return null; // Not there, or a folder.
  }
}

const hasHiddenPart = (path: string): boolean => path.split(/[/\\]/).some((part) => part.startsWith('.'));

function send(context: Context, { bytes, type, etag }: File, caching: string): Response {
  const headers = { 'Content-Type': type, 'Cache-Control': caching, ETag: etag };
  if (context.req.header('if-none-match') === etag) return context.body(null, 304, headers);
  return context.body(bytes, 200, headers);
}
