import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The package as it was packed a moment ago. A host of your own has it from `npm install tablo-client-<version>.tgz`, and needs nothing of this.
const PACKAGE = join(import.meta.dirname, '../../../client/package/dist');

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: [
      { find: '@tablo/client/styles.css', replacement: join(PACKAGE, 'styles.css') },
      { find: '@tablo/client', replacement: join(PACKAGE, 'index.js') },
    ],
    dedupe: ['react', 'react-dom', 'yjs'],
  },
});
