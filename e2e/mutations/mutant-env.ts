// The environment of a process that shall have a bug.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export function mutantEnv(name: string): Readonly<Record<string, string>> {
  const register = pathToFileURL(join(import.meta.dirname, 'register.ts')).href;
  return { NODE_OPTIONS: `--import=${register}`, TABLO_MUTATION: name };
}
