import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { createPart } from './part.tsx';

const Hello = ({ name }: { readonly name: string }) => <p>Hello {name}</p>;

describe('a part of the page in a script of its own', () => {
  it('a part of the page in a script of its own is nothing until it has come, and then there in the same turn', async () => {
    const Part = createPart(
      async () => ({ Hello }),
      (script) => script.Hello,
    );
    expect(renderToStaticMarkup(<Part name="Ada" />)).toBe('');
    await Part.load();
    expect(renderToStaticMarkup(<Part name="Ada" />)).toBe('<p>Hello Ada</p>');
  });

  it('a part of the page in a script of its own comes once, and is asked for again after it could not come', async () => {
    let asked = 0;
    const Part = createPart(
      async () => {
        asked += 1;
        if (asked === 1) throw new TypeError('no network');
        return { Hello };
      },
      (script) => script.Hello,
    );
    await expect(Part.load()).rejects.toThrow('no network');
    await Promise.all([Part.load(), Part.load()]);
    await Part.load();
    expect(asked).toBe(2);
  });
});
