// Part of the tests, on the Node.js that comes with the dependencies; the page is built where a browser opens it.
import { join } from 'node:path';
import { buildPage, install, root } from './install.mjs';
import { runForeground } from './run-foreground.mjs';

const args = process.argv.slice(2);
const node = install();
if (args.includes('browser')) buildPage(node);
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
process.exitCode = await runForeground(node, [vitest, 'run', ...args], { cwd: root });
