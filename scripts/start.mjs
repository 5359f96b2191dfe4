// `npm start`: everything a bare clone lacks, then the server, whose exit code and signals are ours.
import { join } from 'node:path';
import { buildPage, install, root } from './install.mjs';
import { runForeground } from './run-foreground.mjs';

const node = install();
// Asked what a start would do: nothing of it is done.
if (!process.argv.includes('--check')) buildPage(node);
process.exitCode = await runForeground(node, [join(root, 'sync-server', 'src', 'main.ts'), ...process.argv.slice(2)]);
