import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { kitPlugin, kitSideEffects } from './build/kit-plugin.ts';
import { plainLoggingPlugin } from './build/plain-logging.ts';
import { scopeStyles } from './build/scope-styles.ts';

const SERVER = process.env.TABLO_SERVER ?? 'http://127.0.0.1:3000';

/** Addresses of the page: whatever else is there belongs to the server, or to somebody else at this origin. The server puts its own path before them (`mount-page.ts`). */
const PAGE_ADDRESSES = /^\/(t\/.*|invite\/.*|index\.html)?(\?|$)/;

export default defineConfig({
  plugins: [
    kitPlugin(),
    plainLoggingPlugin(),
    react(),
    VitePWA({
      strategies: 'generateSW',
      // A new version waits until the person asks for it or closes every tab: nobody's page reloads under their hands.
      registerType: 'prompt',
      injectRegister: false,
      includeManifestIcons: false,
      manifest: {
        name: 'Tablo Chat',
        short_name: 'Tablo',
        description: 'Team chat that works without a network.',
        // Without `id`, this is it.
        start_url: './',
        scope: './',
        display: 'standalone',
        theme_color: '#14564a',
        background_color: '#faf8f4',
        icons: [
          { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: 'icons/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: 'icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{html,js,css,svg,png,webmanifest}'],
        navigateFallback: 'index.html',
        navigateFallbackAllowlist: [PAGE_ADDRESSES],
        // Of workboxes that this page never had; and of pages below a path of ours, it would take the caches of today's.
        cleanupOutdatedCaches: false,
        clientsClaim: true,
        sourcemap: false,
      },
    }),
  ],
  // One build lives below any path: files name each other from where they are. In `index.html`, which answers at many depths, the server puts the path before them.
  experimental: { renderBuiltUrl: (_file, { hostType }) => (hostType === 'html' ? undefined : { relative: true }) },
  css: { postcss: { plugins: [scopeStyles()] } },
  optimizeDeps: { rolldownOptions: { plugins: [kitPlugin()] } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // No data: addresses, so that the page runs under `default-src 'self'`.
    assetsInlineLimit: 0,
    sourcemap: true,
    rolldownOptions: {
      treeshake: { moduleSideEffects: [kitSideEffects] },
      // The first script with all that it imports is one file, whatever the scripts that come later share with it.
      output: { codeSplitting: { groups: [{ name: 'first', test: /[\\/]src[\\/]app[\\/]main\.tsx$/ }] } },
    },
    chunkSizeWarningLimit: 700,
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: {
      '/chat': SERVER,
      '/api': SERVER,
      '/sync': { target: SERVER, ws: true },
      '/yjs': { target: SERVER, ws: true },
    },
  },
});
