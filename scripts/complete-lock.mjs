// package-lock.json has to name every platform's packages, or `npm ci` refuses it. npm leaves out those which the registry
// at hand does not have (mirrors keep what they were asked for); their exact versions are in the parent's entry, so they
// are added from there, without a checksum. `--check` only tells. Run after changing dependencies: `npm run lock`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const SYSTEMS = ['android', 'darwin', 'freebsd', 'netbsd', 'openbsd', 'linux', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64'];

const file = join(root, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = findMissing(lock.packages);
if (process.argv.includes('--check')) {
  for (const { name, version } of missing) process.stderr.write(`package-lock.json lacks ${name} ${version}\n`);
  if (missing.length > 0) process.stderr.write('Run `npm run lock`.\n');
  process.exitCode = missing.length === 0 ? 0 : 1;
} else if (missing.length > 0) {
  for (const one of missing) lock.packages[`node_modules/${one.name}`] = entryOf(one);
  const byPath = Object.entries(lock.packages).sort(([left], [right]) => left.localeCompare(right, 'en'));
  lock.packages = Object.fromEntries(byPath);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

function findMissing(packages) {
  return Object.entries(packages).flatMap(([path, parent]) =>
    Object.entries(parent.optionalDependencies ?? {})
      .filter(([name, version]) => /^\d+\.\d+\.\d+$/.test(version) && !resolves(packages, path, name))
      .map(([name, version]) => ({ name, version, parent })),
  );
}

/** As Node.js looks: beside the parent, then upwards. */
function resolves(packages, path, name) {
  for (let dir = path; ; dir = dir.slice(0, Math.max(dir.lastIndexOf('/node_modules/'), 0))) {
    if (packages[`${dir === '' ? '' : `${dir}/`}node_modules/${name}`]) return true;
    if (dir === '') return false;
  }
}

/** What npm would have written, less the checksum. The name carries system, processor and C library. */
function entryOf({ name, version, parent }) {
  const words = name.split('/').at(-1).split('-');
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : os === 'linux' ? 'glibc' : undefined;
  return {
    version,
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(parent.dev ? { dev: true } : {}),
    ...(libc && words.some((word) => /^(musl|gnu)/.test(word)) ? { libc: [libc] } : {}),
    ...(parent.license ? { license: parent.license } : {}),
    optional: true,
    ...(os ? { os: [os] } : {}),
  };
}
