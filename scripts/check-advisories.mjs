// Fails on a known hole of high severity in what we depend on. Where the registry does not answer audits (a mirror, no
// network), that is said, and nothing is claimed.
import { spawnSync } from 'node:child_process';
import { root } from './install.mjs';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const { stdout } = spawnSync(npm, ['audit', '--json', '--package-lock-only'], {
  cwd: root,
  encoding: 'utf8',
  timeout: 60_000,
});
const counts = readCounts(stdout);
if (counts === null) {
  process.stdout.write('not asked: the registry does not answer audits\n');
} else {
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  process.exitCode = counts.high + counts.critical > 0 ? 1 : 0;
}

function readCounts(json) {
  try {
    return JSON.parse(json).metadata?.vulnerabilities ?? null;
  } catch {
    return null; // No answer, or not one of npm's.
  }
}
