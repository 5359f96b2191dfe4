import { defineConfig } from 'vite';
import { kitPlugin, kitSideEffects } from '../build/kit-plugin.ts';
import { scopeStyles } from '../build/scope-styles.ts';

const client = `${import.meta.dirname}/..`;
/** Of the kit a few small components are left (`kit-plugin.ts`), and of the icons those that are shown: they come along, and the host installs no 50 MB. Schema's words, too. */
const BUNDLED = /^(?:\.|\/|\0|[A-Z]:|@tablo\/schema|@chatscope\/|classnames|prop-types|lucide-react)/u;

export default defineConfig({
  root: client,
  publicDir: false,
  plugins: [kitPlugin()],
  css: { postcss: { plugins: [scopeStyles()] } },
  // Of `prop-types`, which does nothing in production.
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: 'package/dist',
    emptyOutDir: true,
    sourcemap: true,
    minify: false,
    lib: {
      entry: {
        index: `${client}/src/index.ts`,
        headless: `${client}/src/headless.ts`,
        styles: `${client}/src/ui/styles.ts`,
      },
      formats: ['es'],
      cssFileName: 'styles',
    },
    rolldownOptions: {
      external: (id) => !BUNDLED.test(id),
      // The icons' modules say 'use client' each; ours does for all.
      onLog: (level, log, handle) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && handle(level, log),
      treeshake: { moduleSideEffects: [kitSideEffects] },
      output: {
        // A module for each of ours: the host's bundler leaves out those that the host does not use, and keeps late ones late.
        preserveModules: true,
        preserveModulesRoot: `${client}/src`,
        // npm leaves every folder named node_modules out of a package.
        entryFileNames: ({ name }) => `${name.replaceAll('node_modules', 'bundled')}.js`,
        banner: ({ name }) => (name === 'index' ? "'use client';" : ''),
      },
    },
  },
});
