/** Of libraries of which something comes along in our scripts and styles. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function bundledLicences(outDir: string, modules: string): readonly string[] {
  const bundled = join(outDir, 'bundled');
  const names = readdirSync(bundled).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(bundled, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  return [...names, '@chatscope/chat-ui-kit-styles'].sort().map((name) => {
    const directory = join(modules, name);
    const file = readdirSync(directory).find((entry) => /^licen[cs]e/iu.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence to come along with it.`);
    return `----\nParts of ${name}, which come with this package:\n\n${readFileSync(join(directory, file), 'utf8')}`;
  });
}
