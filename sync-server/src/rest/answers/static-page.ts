/**
 * The web client's files, from memory: they are read once, when the server starts, and compressed once. Every answer is the same buffer, so thousands of
 * readers who do not read hold one file [R11]. Names under `/assets/` carry a hash of their content, so browsers keep them for ever; everything else is asked
 * for again each time. Addresses of the page's own (`/invite/…`) get `index.html`, and a client that was updated finds its way.
 *
 * By hand, since `serveStatic` of @hono/node-server opens and streams the file anew for each answer: a reader who does not read would hold a descriptor and its buffers.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { mountFile } from './mount-page.ts';

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
};
/** Content types that compress well. */
const COMPRESSIBLE = ['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.txt', '.ico'];
/** Below this the headers are the larger part. */
const COMPRESS_MIN_BYTES = 1_024;
/** Up to this size the best quality is used at once; it takes seconds for a script of a megabyte. */
const LARGE_BYTES = 128 * 1_024;
/** Nearly as good, in a twentieth of the time. */
const QUICK_QUALITY = 9;
/** Source maps are for developers, and several times as large as the scripts. They are built, but not served. */
const UNSERVED = ['.map'];

/** Path prefixes that never belong to the page. */
const SERVER_PATHS = /^\/(chat(?=\/.)|api|sync|yjs|docs|healthz|readyz|metrics|openapi\.json)(\/|$)/;
/** The page's own (`client/src/app/router.ts`). */
const PAGE_PATHS = /^\/($|t\/|invite\/)/;
const IMMUTABLE = 'public, max-age=31536000, immutable';
const ASK_AGAIN = 'no-cache';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tablo Chat</title>
<h1>The page has not been built</h1><p>The server runs. <code>npm start</code> builds the page as well.</p></html>`;

export interface PageRequest {
  readonly method?: string | undefined;
  /** As the request line has it. */
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export interface PageAnswer {
  readonly status: 200 | 304 | 308 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** null: none is sent, though the headers may tell its length (HEAD). */
  readonly body: Buffer | null;
  /** The page itself, at an unknown address: the page shows that there. */
  readonly isStray?: boolean;
}

export interface StaticPage {
  /** The answer for a GET or HEAD of the page, or `null` where there is nothing of it. */
  answer(request: PageRequest): PageAnswer | null;
  /** Resolves when the compressed forms are made; until then files go out as they are. */
  readonly compressed: Promise<void>;
}

type Encoding = 'br' | 'gzip';

interface File {
  readonly plain: Buffer;
  readonly forms: Map<Encoding, Buffer>;
  readonly type: string;
  readonly isCompressible: boolean;
  readonly isLarge: boolean;
  /** Whether the best quality has been asked for. */
  isRefined: boolean;
  readonly caching: string;
  readonly etag: string;
}

/** `publicPath`: below which path people open it: `/chat`, or nothing. */
export function openStaticPage(dist: string, publicPath = ''): StaticPage {
  const files = readFiles(dist, publicPath);
  return {
    compressed: compressAll([...files.values()]),
    answer: (request) => {
      const path = pathOf(request);
      if (path === null || !['GET', 'HEAD'].includes(request.method ?? '') || SERVER_PATHS.test(path)) return null;
      const file = files.get(path);
      if (file !== undefined) return send(file, request);
      // A missing file is answered with 404: HTML in the place of a script would break the page in a way that is hard to understand.
      if (hasHiddenPart(path) || (extname(path) !== '' && path !== '/index.html')) return null;
      const index = files.get('/index.html');
      return index === undefined ? NOT_BUILT_ANSWER : { ...send(index, request), isStray: !PAGE_PATHS.test(path) };
    },
  };
}

const NOT_BUILT_ANSWER: PageAnswer = {
  status: 503,
  headers: { 'Content-Type': TYPES['.html'] ?? '', 'Cache-Control': 'no-store' },
  body: Buffer.from(NOT_BUILT),
};

/** By path, as addresses name them. */
function readFiles(dist: string, publicPath: string): ReadonlyMap<string, File> {
  const files = new Map<string, File>();
  for (const entry of listFolder(dist)) {
    const name = join(entry.parentPath, entry.name);
    const path = `/${relative(dist, name).split(sep).join('/')}`;
    const extension = extname(path);
    if (!entry.isFile() || hasHiddenPart(path) || UNSERVED.includes(extension)) continue;
    const plain = mountFile(path, readFileSync(name), publicPath);
    files.set(path, {
      plain,
      forms: new Map(),
      type: TYPES[extension] ?? 'application/octet-stream',
      isCompressible: COMPRESSIBLE.includes(extension) && plain.byteLength >= COMPRESS_MIN_BYTES,
      isLarge: plain.byteLength > LARGE_BYTES,
      isRefined: false,
      caching: path.startsWith('/assets/') ? IMMUTABLE : ASK_AGAIN,
      etag: createHash('sha256').update(plain).digest('base64url').slice(0, 22),
    });
  }
  return files;
}

function listFolder(dist: string) {
  try {
    return readdirSync(dist, { recursive: true, withFileTypes: true });
  } catch {
    return []; // Not built: the answer says so.
  }
}

/** One after another, so that one of the few threads that tokens and files share is busy, and not all of them. */
async function compressAll(files: readonly File[]): Promise<void> {
  for (const file of files) {
    if (!file.isCompressible) continue;
    keep(file, 'gzip', await promisify(gzip)(file.plain, { level: constants.Z_BEST_COMPRESSION }));
    keep(file, 'br', await toBrotli(file.plain, file.isLarge ? QUICK_QUALITY : constants.BROTLI_MAX_QUALITY));
  }
}

/** The best quality takes seconds for a large file, so it is made once, when it is first requested. */
async function refine(file: File): Promise<void> {
  keep(file, 'br', await toBrotli(file.plain, constants.BROTLI_MAX_QUALITY));
}

const toBrotli = (plain: Buffer, quality: number): Promise<Buffer> =>
  promisify(brotliCompress)(plain, {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: plain.byteLength },
  });

function keep({ plain, forms }: File, encoding: Encoding, bytes: Buffer): void {
  if (bytes.byteLength < (forms.get(encoding) ?? plain).byteLength) forms.set(encoding, bytes);
}

function pathOf({ url = '' }: PageRequest): string | null {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null; // Not an address that any file has.
  }
}

const hasHiddenPart = (path: string): boolean =>
  path.includes('\0') || path.split(/[/\\]/).some((part) => part.startsWith('.'));

function send(file: File, { method, headers: asked }: PageRequest): PageAnswer {
  const encoding = chooseEncoding(asked['accept-encoding'] ?? '', file.forms);
  if (encoding === 'br' && file.isLarge && !file.isRefined) {
    file.isRefined = true;
    void refine(file);
  }
  const etag = `"${file.etag}${encoding === null ? '' : `-${encoding}`}"`;
  const headers = {
    'Cache-Control': file.caching,
    ETag: etag,
    ...(file.isCompressible ? { Vary: 'Accept-Encoding' } : {}),
  };
  // Whichever form of it the browser has: it is the same file.
  if (names(asked['if-none-match'] ?? '', file.etag)) return { status: 304, headers, body: null };
  const body = (encoding === null ? undefined : file.forms.get(encoding)) ?? file.plain;
  return {
    status: 200,
    headers: {
      ...headers,
      'Content-Type': file.type,
      'Content-Length': String(body.byteLength),
      ...(encoding === null ? {} : { 'Content-Encoding': encoding }),
    },
    body: method === 'HEAD' ? null : body,
  };
}

/** The smallest form that the browser takes. */
function chooseEncoding(accepted: string, forms: ReadonlyMap<Encoding, Buffer>): Encoding | null {
  return (['br', 'gzip'] as const).find((encoding) => forms.has(encoding) && takes(encoding, accepted)) ?? null;
}

export const takesGzip = (accepted: string): boolean => takes('gzip', accepted);

/** `Accept-Encoding` (RFC 9110, section 12.5.3). */
function takes(encoding: Encoding, accepted: string): boolean {
  const weights = new Map(
    accepted.split(',').map((part) => {
      const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return [name, weight === undefined ? 1 : Number(weight)] as const;
    }),
  );
  return (weights.get(encoding) ?? weights.get('*') ?? 0) > 0;
}

/** `If-None-Match`: `"tag"`, `W/"tag-gzip"`, several of them, or `*`. */
function names(header: string, tag: string): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((part) => {
    const named = /^(?:W\/)?"([^"]*)"$/.exec(part.trim())?.[1];
    return named !== undefined && (named === tag || named.startsWith(`${tag}-`));
  });
}
