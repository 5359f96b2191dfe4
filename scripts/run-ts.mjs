// Runs a TypeScript program on the Node.js that comes with the dependencies: `node scripts/run-ts.mjs <file> [arguments]`.
import { install } from './install.mjs';
import { runForeground } from './run-foreground.mjs';

process.exitCode = await runForeground(install(), process.argv.slice(2));
