/** The page has a mirror image: style sheets speak of start and end, never of left and right. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDERS = [import.meta.dirname, join(import.meta.dirname, '..', 'app')];

/** Physical on purpose, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'dialog.css: left: var(--tablo-_left, 0)':
    'A popover stands where its script has measured, from the left edge of the window.',
  'shell.css: padding: 0 env(safe-area-inset-right) 0 env(safe-area-inset-left)':
    'The cut-out of a screen is where the device has it, whatever is read.',
};

const SIDED_PROPERTY =
  /^(?:left|right|(?:margin|padding|border|scroll-margin|scroll-padding|inset)-(?:left|right)\b.*|border-(?:top|bottom)-(?:left|right)-radius)$/;
const SIDED_VALUE_OF = new Set(['text-align', 'float', 'clear', 'justify-content', 'justify-items', 'justify-self']);
const FOUR_SIDES = new Set(['margin', 'padding', 'inset', 'border-width', 'border-color', 'border-style']);

/** Its parts, where blanks inside brackets do not part them. */
function partsOf(value: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of `${value} `) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ' ' && depth === 0) {
      if (part !== '') parts.push(part);
      part = '';
    } else part += character;
  }
  return parts;
}

function isPhysical(property: string, value: string): boolean {
  if (SIDED_PROPERTY.test(property)) return true;
  if (SIDED_VALUE_OF.has(property)) return /\b(?:left|right)\b/.test(value);
  const parts = partsOf(value.replace(/\s*!important$/, ''));
  if (FOUR_SIDES.has(property)) return parts.length === 4 && parts[1] !== parts[3];
  if (property === 'border-radius') {
    const [first = '', second = first, third = first, fourth = second] = parts;
    return first !== second || third !== fourth;
  }
  return property === 'transform' && /translate(?:X|3d)?\(\s*(?!0\b)/.test(value);
}

/** `file: property: value` of every declaration that has a left or a right. */
function physicalDeclarations(file: string, css: string): readonly string[] {
  const plain = css.replaceAll(/\/\*[\s\S]*?\*\//g, '');
  return [...plain.matchAll(/(?<=[{;]\s*)([a-z-]+)\s*:\s*([^;{}]+)(?=[;}])/g)].flatMap(
    ([, property = '', value = '']) => {
      const words = value.trim().replaceAll(/\s+/g, ' ');
      return isPhysical(property, words) ? [`${file}: ${property}: ${words}`] : [];
    },
  );
}

describe('the style sheets', () => {
  it('the style sheets know no left and no right, but for the exceptions that have a reason', () => {
    const found = FOLDERS.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.css'))
        .flatMap((path) => physicalDeclarations(basename(path), readFileSync(join(folder, path), 'utf8'))),
    );
    expect(found.sort()).toEqual(Object.keys(EXCEPTIONS).sort());
  });

  it.each([
    'left: 0',
    'margin-left: 4px',
    'padding-right: 4px',
    'border-left-color: red',
    'border-top-left-radius: 4px',
    'text-align: left',
    'padding: 0 1px 0 2px',
    'margin: 0 1px 0 calc(1px + 2px) !important',
    'border-radius: 6px 8px 8px 6px',
    'transform: translateX(-50%)',
  ])('the style sheets that say "%s" are found out', (declaration) => {
    expect(physicalDeclarations('a.css', `.a { color: red; ${declaration}; }`)).toEqual([`a.css: ${declaration}`]);
  });

  it.each([
    'margin-inline-start: 4px',
    'padding: 0 2px 1px',
    'padding: 0 1px 3px 1px',
    'border-radius: 8px 8px 0 0',
    'text-align: start',
    'transform: translateY(8px)',
    'padding: 0 calc(1px + 2px) 0 calc(1px + 2px)',
  ])('the style sheets that say "%s" are let pass', (declaration) => {
    expect(physicalDeclarations('a.css', `.a { ${declaration}; }`)).toEqual([]);
  });
});
