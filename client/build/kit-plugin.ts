/**
 * Of the chat kit, what the page uses, and nothing else. As it is published, each of its components brings all others along, an icon library and a scrollbar: a
 * quarter of the script before the first message.
 */
import type { Plugin } from 'vite';

const KIT = '/@chatscope/chat-ui-kit-react/dist/es/';
const KIT_STYLES = '/@chatscope/chat-ui-kit-styles/dist/default/styles.min.css';

/** Known to `ChatContainer` by name only: our own elements stand in their places (`ui/kit/kit.tsx`). */
const PLACES = ['MessageList', 'MessageInput', 'InputToolbox'];
/** Blocks of the kit's style sheet whose classes are in the page. */
const BLOCKS = [
  ...['main-container', 'chat-container', 'conversation-header', 'avatar'],
  ...['message', 'message-separator', 'typing-indicator'],
];

const PLACE = '\0kit-place:';
const BUTTONS = '\0kit-buttons';

export function kitPlugin(): Plugin {
  return {
    name: 'tablo-kit',
    enforce: 'pre',
    resolveId(source, importer) {
      if (importer === undefined || !slashed(importer).includes(KIT)) return null;
      if (source === '../Buttons') return BUTTONS;
      const place = PLACES.find((name) => source === `../${name}`);
      return place === undefined ? null : PLACE + place;
    },
    load(id) {
      if (id.startsWith(PLACE)) return `export default { displayName: '${id.slice(PLACE.length)}' };`;
      // What the header draws where it is given nothing; it is. All icons of the kit are for its buttons.
      if (id === BUTTONS) return 'export const ArrowButton = () => null;';
      return null;
    },
    transform(code, id) {
      if (slashed(id).split('?')[0]?.endsWith(KIT_STYLES) !== true) return null;
      return { code: usedRules(code), map: null };
    },
  };
}

const slashed = (path: string): string => path.replaceAll('\\', '/');

/** The kit's modules do nothing when they are loaded: what is not used may be left out. */
export const kitSideEffects = { test: /[\\/]@chatscope[\\/]chat-ui-kit-react[\\/]/, sideEffects: false };

/** Of a minified style sheet: the rules about `BLOCKS`. */
export function usedRules(css: string): string {
  const kept: string[] = [];
  for (let at = 0, open = css.indexOf('{'); open >= 0; open = css.indexOf('{', at)) {
    const head = css.slice(at, open).trim();
    at = endOf(css, open);
    const selectors = head.startsWith('@') ? keptRule(head) : head.split(',').filter(isUsed);
    if (selectors.length > 0) kept.push(selectors.join(',') + css.slice(open, at));
  }
  return kept.join('');
}

/** After the bracket that closes the one at `open`. */
function endOf(css: string, open: number): number {
  let depth = 0;
  for (let at = open; at < css.length; at += 1) {
    if (css[at] === '{') depth += 1;
    else if (css[at] === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return css.length;
}

const keptRule = (head: string): string[] => (/^@keyframes cs-typing-indicator/u.test(head) ? [head] : []);

const isUsed = (selector: string): boolean =>
  [...selector.matchAll(/\.cs-([a-z]+(?:-[a-z]+)*)/gu)].every(([, block]) => BLOCKS.includes(block ?? ''));
