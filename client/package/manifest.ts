/** The package's own package.json, made from the repository's: what its scripts and types import decides what it depends on. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The host's: there must be one of each in a page. */
const PEERS: Readonly<Record<string, string>> = {
  react: '^18.2.0 || ^19.0.0',
  'react-dom': '^18.2.0 || ^19.0.0',
};
const IMPORT = /(?:from|import)\s*\(?\s*['"]([^'"./][^'"]*)['"]/gu;

export function createManifest(outDir: string, client: Manifest, schema: Manifest): object {
  const known = { ...schema.dependencies, ...client.dependencies };
  const dependencies = librariesOf(outDir).flatMap((name) => {
    if (PEERS[name] !== undefined) return [];
    const range = known[name];
    if (range === undefined) throw new Error(`The package imports ${name}, which client/package.json does not name.`);
    return [[name, range]];
  });
  return {
    name: '@tablo/client',
    version: client.version,
    description: 'Tablo Chat in a host application: hooks, components and a headless client.',
    license: client.license,
    type: 'module',
    sideEffects: ['./styles.css'],
    // For tools that do not read `exports`.
    main: './index.js',
    types: './index.d.ts',
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './headless': { types: './headless.d.ts', default: './headless.js' },
      './styles.css': { types: './styles.css.d.ts', default: './styles.css' },
      './package.json': './package.json',
    },
    dependencies: Object.fromEntries(dependencies),
    peerDependencies: PEERS,
  };
}

function librariesOf(outDir: string): readonly string[] {
  const names = readdirSync(outDir, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:js|d\.ts)$/u.test(path))
    .flatMap((path) => [...readFileSync(join(outDir, path), 'utf8').matchAll(IMPORT)])
    .map(([, specifier = '']) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  return [...new Set(names)].sort();
}
