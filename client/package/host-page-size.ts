/** What the package costs a host page: scripts beside React, compressed with brotli, as Vite builds them. */
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';

export interface Size {
  readonly brotli: number;
  readonly gzip: number;
}
interface HostPageSize {
  /** Before anything of ours can be rendered. */
  readonly first: Size;
  /** What comes by itself afterwards, or when it is asked for. */
  readonly later: Size;
}

const ENTRY = '\0host-page';

/** Of a page that consists of `source`; `directory` is where its imports are looked up. */
async function measureHostPage(source: string, directory: string): Promise<HostPageSize> {
  const built = await build({
    root: directory,
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'host-page',
        enforce: 'pre',
        resolveId: (id) => (id === 'host-page' ? ENTRY : null),
        load: (id) => (id === ENTRY ? source : null),
      },
    ],
    build: {
      write: false,
      rolldownOptions: {
        input: 'host-page',
        external: /^react(?:-dom)?(?:\/|$)/u,
        preserveEntrySignatures: 'exports-only',
      },
    },
  });
  const chunks = (built as Rolldown.RolldownOutput).output.filter(
    ({ type }) => type === 'chunk',
  ) as Rolldown.OutputChunk[];
  const first = new Set<string>();
  const add = (name: string): void => {
    const chunk = chunks.find(({ fileName }) => fileName === name);
    if (chunk === undefined || first.has(name)) return;
    first.add(name);
    chunk.imports.forEach(add);
  };
  for (const { fileName, isEntry } of chunks) if (isEntry) add(fileName);
  return {
    first: sizeOf(chunks.filter(({ fileName }) => first.has(fileName))),
    later: sizeOf(chunks.filter(({ fileName }) => !first.has(fileName))),
  };
}

function sizeOf(chunks: readonly Rolldown.OutputChunk[]): Size {
  const sum = (compress: (code: string) => Buffer) =>
    chunks.reduce((bytes, { code }) => bytes + compress(code).byteLength, 0);
  return { brotli: sum(brotliCompressSync), gzip: sum(gzipSync) };
}

/** What `useChatUnread` alone costs a page, and what `ChatPage` costs, of the package in `directory`. */
export async function measure(directory: string) {
  // The package's libraries are the repository's: found from below it, under its name.
  const place = join(directory, 'node_modules', '@tablo');
  mkdirSync(place, { recursive: true });
  symlinkSync(directory, join(place, 'client'), 'dir');
  try {
    const [unread, page] = [
      await measureHostPage(`export { ChatProvider, useChatUnread } from '@tablo/client';`, directory),
      await measureHostPage(`export { ChatProvider, ChatPage } from '@tablo/client';`, directory),
    ];
    return { unread, page, styles: brotliCompressSync(readFileSync(join(directory, 'styles.css'))).byteLength };
  } finally {
    rmSync(join(directory, 'node_modules'), { recursive: true });
  }
}
