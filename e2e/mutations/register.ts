// Given by `node --import`: loads our source with the one mutation that TABLO_MUTATION names. Types are stripped afterwards.
import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findMutation, mutate } from './mutations.ts';

const ROOT = dirname(dirname(import.meta.dirname));
const name = process.env['TABLO_MUTATION'];
if (name === undefined) throw new Error('TABLO_MUTATION names no mutation.');
const { edits } = findMutation(name);
const urlOf = (file: string): string => pathToFileURL(join(ROOT, file)).href;

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const own = edits.filter(({ file }) => urlOf(file) === url);
    if (own.length === 0) return loaded;
    if (loaded.source == null) throw new Error(`The source of ${url} is not to be had.`);
    const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    return { ...loaded, source: mutate(source, own) };
  },
});
