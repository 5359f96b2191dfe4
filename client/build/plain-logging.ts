/**
 * What Yjs prints for developers, without colours: its logging library draws with the page's elements, and brings a validator of schemas along for that, ten
 * kilobytes of the script before the first message.
 */
import type { Plugin } from 'vite';

const LOGGING = '\0plain-logging';
/** Names that yjs.mjs uses of lib0/logging: two functions, and marks for colours. */
const MARKS = ['ORANGE', 'RED', 'BOLD', 'UNBOLD'];

export function plainLoggingPlugin(): Plugin {
  return {
    name: 'tablo-plain-logging',
    enforce: 'pre',
    resolveId: (source, importer) => (source === 'lib0/logging' && importer?.includes('yjs') ? LOGGING : null),
    load(id) {
      if (id !== LOGGING) return null;
      const marks = MARKS.map((name) => `export const ${name} = '';`);
      return [...marks, 'export const print = console.log;', 'export const warn = console.warn;'].join('\n');
    },
  };
}
