// The host application of the browser tests, built from the sources as a host builds it, and served from an address of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { build, type Plugin, preview } from 'vite';
import { kitPlugin } from '../../../build/kit-plugin.ts';
import { scopeStyles } from '../../../build/scope-styles.ts';

/** The host has the chat kit as it is published; what our package brings along of it is a copy of its own. */
const hostsKit: Plugin = {
  name: 'hosts-kit',
  enforce: 'pre',
  resolveId(source, importer) {
    if (source !== '@chatscope/chat-ui-kit-react' || importer?.includes('host-page') !== true) return null;
    return this.resolve('@chatscope/chat-ui-kit-react/dist/cjs/index.js', importer, { skipSelf: true });
  },
};

export interface HostPage {
  readonly url: string;
  close(): Promise<void>;
}

export async function openHostPage(): Promise<HostPage> {
  const outDir = await mkdtemp(join(tmpdir(), 'tablo-host-page-'));
  const shared = { configFile: false, root: join(import.meta.dirname, 'host-page'), logLevel: 'error' } as const;
  await build({
    ...shared,
    plugins: [hostsKit, kitPlugin(), react()],
    css: { postcss: { plugins: [scopeStyles()] } },
    // React's development build: its StrictMode mounts everything twice.
    define: { 'process.env.NODE_ENV': '"development"' },
    build: { outDir, emptyOutDir: true, minify: false },
  });
  const server = await preview({ ...shared, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } });
  const [url] = server.resolvedUrls?.local ?? [];
  if (url === undefined) throw new Error('The host page is not served.');
  return {
    url: url.replace(/\/$/, ''),
    close: async () => {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}
