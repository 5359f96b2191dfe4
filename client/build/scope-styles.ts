/**
 * Keeps our styles to ourselves: the page may stand inside a host application's. The sources stay short; what is built of them
 * 1. has every selector below `.tablo-chat`, so that nothing of the host's is touched;
 * 2. has the kit's rules at the specificity of one class, so that every rule of ours wins, and an unlayered reset of the host's does not;
 * 3. declares no custom property but `--tablo-_…`, and lets the host set each token of `theme.css` under its name with `--tablo-` before it, wherever it likes.
 */
import type { Declaration, Plugin, Rule } from 'postcss';
import parser, { type Node, type Selector } from 'postcss-selector-parser';

const ROOT = 'tablo-chat';
const KIT = /[\\/]@chatscope[\\/].*[\\/]styles\.min\.css$/u;
/** A host's, where it is built along with ours. */
const OTHERS = /[\\/]node_modules[\\/]/u;
/** About the whole document, which is ours on our own page only. */
const OWN_PAGE = /[\\/]src[\\/]app[\\/](?:page|start)\.css$/u;
const TOKENS = /[\\/]theme\.css$/u;
/** Of the kit, which gives it a name that a host with the kit of its own has, too. */
const KIT_ANIMATION = 'cs-typing-indicator__typing-animation';

export function scopeStyles(): Plugin {
  return {
    postcssPlugin: 'tablo-scope-styles',
    // Once, and not at every visit: what is done here must not be done twice.
    Once(root) {
      const file = root.source?.input.file ?? '';
      if (OTHERS.test(file) && !KIT.test(file)) return;
      root.walkDecls((declaration) => renameProperties(declaration, TOKENS.test(file)));
      if (KIT.test(file)) nameAnimation(root);
      if (OWN_PAGE.test(file)) return;
      root.walkRules((rule) => {
        if (!isStepOfAnimation(rule)) rule.selector = scoped(rule.selector, KIT.test(file));
      });
    },
  };
}

function renameProperties(declaration: Declaration, isToken: boolean): void {
  declaration.value = declaration.value.replaceAll(/(?<=var\(\s*)--(?!tablo-)/gu, '--tablo-_');
  const [, name] = /^--(?!tablo-)(.+)$/u.exec(declaration.prop) ?? [];
  if (name === undefined) return;
  declaration.prop = `--tablo-_${name}`;
  if (isToken) declaration.value = `var(--tablo-${name}, ${declaration.value})`;
}

function nameAnimation(root: Parameters<NonNullable<Plugin['Once']>>[0]): void {
  root.walkAtRules('keyframes', (rule) => {
    rule.params = rule.params.replace(KIT_ANIMATION, 'tablo-typing');
  });
  root.walkDecls(/animation/u, (declaration) => {
    declaration.value = declaration.value.replace(KIT_ANIMATION, 'tablo-typing');
  });
}

const isStepOfAnimation = ({ parent }: Rule): boolean =>
  parent?.type === 'atrule' && 'name' in parent && /keyframes$/u.test(String(parent.name));

/** Of a rule's selector: each of its selectors below the root. One that begins with the root, as the theme's do, is left as it is. */
function scoped(selector: string, isKit: boolean): string {
  return parser((list) => {
    for (const one of list.nodes) {
      if (beginsWithRoot(one)) continue;
      if (isKit) flatten(one);
      one.prepend(parser.combinator({ value: ' ' }));
      one.prepend(parser.className({ value: ROOT }));
      // Twice: a host that has the kit of its own has rules of two classes about the same elements.
      if (!isKit) one.prepend(parser.className({ value: ROOT }));
    }
  }).processSync(selector, { lossless: false });
}

const beginsWithRoot = ({ first }: Selector): boolean => first?.type === 'class' && first.value === ROOT;

/** All but a pseudo-element, which has no place in it, goes into a `:where()`. */
function flatten(selector: Selector): void {
  const inner: Node[] = [];
  for (const node of [...selector.nodes]) {
    if (parser.isPseudoElement(node)) break;
    inner.push(node.clone());
    node.remove();
  }
  selector.prepend(parser.pseudo({ value: ':where', nodes: [parser.selector({ value: '', nodes: inner } as never)] }));
}
