/** What is in `styles.css`, as it is built. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import postcss, { type Rule } from 'postcss';
import parser from 'postcss-selector-parser';
import { build, type Rolldown } from 'vite';
import { beforeAll, expect, it } from 'vitest';

let styles: postcss.Root;
beforeAll(async () => {
  const built = await build({
    configFile: join(import.meta.dirname, 'vite.config.ts'),
    logLevel: 'error',
    build: {
      write: false,
      lib: { entry: join(import.meta.dirname, '../src/ui/styles.ts'), formats: ['es'], cssFileName: 'styles' },
    },
  });
  const [{ output }] = built as [Rolldown.RolldownOutput];
  const asset = output.find(({ fileName }) => fileName === 'styles.css');
  if (asset?.type !== 'asset') throw new Error('No styles.css was built.');
  styles = postcss.parse(String(asset.source));
});

const isStepOfAnimation = ({ parent }: Rule): boolean =>
  parent?.type === 'atrule' && parent.toString().startsWith('@keyframes');

function rules(): readonly Rule[] {
  const found: Rule[] = [];
  styles.walkRules((rule) => {
    if (!isStepOfAnimation(rule)) found.push(rule);
  });
  return found;
}

it('the package’s style sheet has every selector below .tablo-chat', () => {
  const outside: string[] = [];
  for (const { selector } of rules())
    parser((list) =>
      list.each(({ first, nodes }) => {
        const isRoot = first?.type === 'class' && first.value === 'tablo-chat';
        // What stands beside the root is outside of it.
        const combinator =
          nodes
            .find(({ type }) => type === 'combinator')
            ?.toString()
            .trim() ?? '';
        const isBeside = combinator === '+' || combinator === '~';
        if (!isRoot || isBeside) outside.push(selector);
      }),
    ).processSync(selector);
  expect(rules().length).toBeGreaterThan(300);
  expect(outside).toEqual([]);
});

it('the package’s style sheet gives names of our own to all that a page has one of: animations, containers, custom properties; has no layers, fonts or imports', () => {
  const declared = new Set<string>();
  const atRules = new Set<string>();
  styles.walkAtRules((rule) => {
    atRules.add(rule.name);
    if (rule.name === 'keyframes') declared.add(rule.params);
    if (rule.name === 'container') expect(rule.params).toMatch(/^tablo-/u);
  });
  expect([...atRules].sort()).toEqual(['container', 'keyframes', 'media']);
  for (const name of declared) expect(name).toMatch(/^tablo-/u);
  styles.walkDecls((declaration) => {
    // The two are made by the build where a browser does not know `light-dark()`.
    if (declaration.prop.startsWith('--') && !declaration.prop.startsWith('--lightningcss-'))
      expect(declaration.prop).toMatch(/^--tablo-_/u);
    if (declaration.prop === 'animation')
      for (const [name] of declaration.value.matchAll(
        /(?<![\w-])(?!ease|infinite|alternate|backwards|linear|none)[a-z][a-z-]+/gu,
      ))
        expect(declared).toContain(name);
  });
});

it('the package’s style sheet lets the host set every token, which the README lists', () => {
  const theme = readFileSync(join(import.meta.dirname, '../src/ui/style/theme.css'), 'utf8');
  const tokens = [...theme.matchAll(/^\s+--([a-z0-9-]+):/gmu)].map(([, name]) => `--tablo-${name}`);
  expect(tokens.length).toBeGreaterThan(40);
  const built = styles.toString();
  for (const token of tokens) expect(built).toContain(`var(${token},`);
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const listed = [...readme.matchAll(/`(--tablo-[a-z0-9-]+)`/gu)].map(([, name]) => name);
  expect([...new Set(listed)].sort()).toEqual([...tokens].sort());
});
