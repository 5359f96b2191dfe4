import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { kitPlugin, kitSideEffects } from './build/kit-plugin.ts';
import { plainLoggingPlugin } from './build/plain-logging.ts';
import { scopeStyles } from './build/scope-styles.ts';

const SERVER = process.env.TABLO_SERVER ?? 'http://127.0.0.1:3000';

/** What the server answers itself: never the shell, never from a cache. */
const SERVER_PATHS = /^\/(chat|api|sync|yjs|docs|openapi\.json|healthz|readyz|metrics)(\/|\?|$)/;

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
        id: '/',
        name: 'Tablo Chat',
        short_name: 'Tablo',
        description: 'Team chat that works without a network.',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        theme_color: '#14564a',
        background_color: '#faf8f4',
        icons: [
          { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icons/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{html,js,css,svg,png,webmanifest}'],
        navigateFallback: '/index.html',
        navigateFallbackDenylist: [SERVER_PATHS],
        cleanupOutdatedCaches: true,
        clientsClaim: true,
        sourcemap: false,
      },
    }),
  ],
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
