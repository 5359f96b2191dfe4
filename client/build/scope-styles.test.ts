import postcss from 'postcss';
import { describe, expect, it } from 'vitest';
import { scopeStyles } from './scope-styles.ts';

const KIT = '/node_modules/@chatscope/chat-ui-kit-styles/dist/default/styles.min.css';
const build = (css: string, from: string): string =>
  postcss([scopeStyles()]).process(css, { from }).css.replaceAll(/\s+/gu, ' ');

describe('built styles', () => {
  it.each([
    ['.a{b:c}', '.tablo-chat.tablo-chat .a{b:c}'],
    ['.a:has(.b, .c),.d>.e{f:g}', '.tablo-chat.tablo-chat .a:has(.b,.c),.tablo-chat.tablo-chat .d>.e{f:g}'],
    ['*,*::before{a:b}', '.tablo-chat.tablo-chat *,.tablo-chat.tablo-chat *::before{a:b}'],
    ['.tablo-chat{a:b}', '.tablo-chat{a:b}'],
    [".tablo-chat[data-tablo-theme='dark']{a:b}", ".tablo-chat[data-tablo-theme='dark']{a:b}"],
    ['.tablo-chat-like{a:b}', '.tablo-chat.tablo-chat .tablo-chat-like{a:b}'],
    ['@media print{.a{b:c}}', '@media print{.tablo-chat.tablo-chat .a{b:c}}'],
    ['@keyframes tablo-a{from{b:c}50%{b:d}}', '@keyframes tablo-a{from{b:c}50%{b:d}}'],
  ])('built styles of %s are %s', (css, built) => {
    expect(build(css, '/client/src/ui/list/go-to.css')).toBe(built);
  });

  it('built styles have custom properties of our own name only', () => {
    expect(build('.a{--b:1px;c:calc(var(--b) + var(--tablo-c, var(--d)))}', '/client/src/ui/a.css')).toBe(
      '.tablo-chat.tablo-chat .a{--tablo-_b:1px;c:calc(var(--tablo-_b) + var(--tablo-c, var(--tablo-_d)))}',
    );
  });

  it('built styles let the host set every token', () => {
    expect(build('.tablo-chat{--ink:light-dark(#000, #fff);--b:var(--ink)}', '/client/src/ui/style/theme.css')).toBe(
      '.tablo-chat{--tablo-_ink:var(--tablo-ink, light-dark(#000, #fff));--tablo-_b:var(--tablo-b, var(--tablo-_ink))}',
    );
  });

  it('built styles have the kit’s rules at one class, whatever their selectors', () => {
    expect(build('.cs-a .cs-b:not(:empty)::before,.cs-c{d:e}', KIT)).toBe(
      '.tablo-chat :where(.cs-a .cs-b:not(:empty))::before,.tablo-chat :where(.cs-c){d:e}',
    );
  });

  it('built styles leave what is about the document to our own page', () => {
    expect(build('html{a:var(--b)}', '/client/src/app/page.css')).toBe('html{a:var(--tablo-_b)}');
  });
});
