// `npm run dev`: the server restarts when a source of it changes, and Vite serves the page with hot reloading, passing the
// server's paths on to it (client/vite.config.ts). Work on the page at Vite's address.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildPage, install, root } from './install.mjs';
import { runForeground } from './run-foreground.mjs';

const PAGE = 'http://127.0.0.1:5173';

const node = install();
buildPage(node);
const server = `http://127.0.0.1:${process.env.PORT ?? 3000}`;
const vite = spawn(node, [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), '--strictPort'], {
  cwd: join(root, 'client'),
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, TABLO_SERVER: server },
});
const main = join(root, 'sync-server', 'src', 'main.ts');
process.exitCode = await runForeground(node, ['--watch', '--watch-preserve-output', main, ...process.argv.slice(2)], {
  env: { ...process.env, ALLOWED_ORIGINS: process.env.ALLOWED_ORIGINS ?? PAGE },
});
vite.kill();
