// `npm test`: everything that is checked, on a bare clone as well. Each check counts as one test beside vitest's own, and
// the last line is the total. `--quick` (`npm run check`) leaves out what needs the page, a database or a browser; other
// arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { install, root } from './install.mjs';

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const node = install();
const bin = (...path) => join(root, 'node_modules', ...path);
const total = { passed: 0, failed: 0 };

/** One check: silent when it passes, its whole output when not. */
function check(name, command, commandArgs) {
  const started = Date.now();
  const { status, stdout, stderr, error } = spawnSync(command, commandArgs, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NODE_ENV: 'test' },
  });
  const isRight = status === 0;
  total[isRight ? 'passed' : 'failed'] += 1;
  const note = stdout?.startsWith('not asked') ? `: ${stdout.trim()}` : '';
  print(`${isRight ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)${note}`);
  if (!isRight) print(error ? error.message : `${stdout}${stderr}`.trimEnd());
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

function runVitest() {
  const dir = mkdtempSync(join(tmpdir(), 'tablo-report-'));
  const report = join(dir, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const wanted = [...(isQuick ? ['--project=unit'] : []), ...args.filter((arg) => arg !== '--quick')];
  const { status, signal, error } = spawnSync(node, [bin('vitest', 'vitest.mjs'), 'run', ...reporters, ...wanted], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_ENV: 'test' },
  });
  const counts = countReport(report);
  rmSync(dir, { recursive: true, force: true });
  total.passed += counts.passed;
  total.failed += counts.failed;
  for (const name of counts.skipped) print(`skipped ${name}`);
  if (status !== 0 && counts.failed === 0) {
    total.failed += 1;
    print(`FAILED vitest itself: ${error?.message ?? (signal ? `ended by ${signal}` : `exit code ${status}`)}`);
  }
}

/** A file that failed outside of its tests (an import, a hook) counts as one failure, and so does a test without an end. */
function countReport(path) {
  const counts = { passed: 0, failed: 0, skipped: [] };
  if (!existsSync(path)) return counts;
  for (const file of JSON.parse(readFileSync(path, 'utf8')).testResults) {
    const name = relative(root, file.name);
    let failed = 0;
    for (const { status, fullName } of file.assertionResults) {
      if (status === 'passed') counts.passed += 1;
      else if (status === 'skipped' || status === 'todo') counts.skipped.push(`${name}: ${fullName.trim()}`);
      else {
        failed += 1;
        print(`FAILED ${name}: ${fullName.trim()}`);
      }
    }
    if (failed === 0 && file.status === 'failed') {
      failed = 1;
      print(`FAILED ${name}: ${file.message}`);
    }
    counts.failed += failed;
  }
  return counts;
}

for (const project of ['.', 'schema', 'sync-server', 'client', 'e2e', 'bench', 'examples/embed']) {
  check(project === '.' ? 'types of scripts' : `types of ${project}`, node, [
    bin('typescript', 'bin', 'tsc'),
    '-p',
    project,
  ]);
}
check('format and lint', node, [
  bin('@biomejs', 'biome', 'bin', 'biome'),
  'check',
  '--error-on-warnings',
  '--max-diagnostics=50',
]);
check('lockfile', node, [join('scripts', 'complete-lock.mjs'), '--check']);
check('dependency direction', node, [join('scripts', 'check-deps.ts')]);
check('dead code', node, [bin('knip', 'bin', 'knip.js'), '--no-progress', '--no-config-hints']);
if (!isQuick) check('known holes in dependencies', node, [join('scripts', 'check-advisories.mjs')]);
if (!isQuick) check('build of the page', node, [join('scripts', 'build.mjs')]);
runVitest();

process.exitCode = total.failed === 0 ? 0 : 1;
print(`${total.passed} passed, ${total.failed} failed`);
