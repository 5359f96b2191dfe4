import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { usedRules } from './kit-plugin.ts';

it('the kit plugin keeps of the kit’s style sheet what is about the page’s elements, whole rules and no others', () => {
  const css = [
    '.cs-avatar{a:b}.cs-avatar-group{c:d}',
    '.cs-message__content,.cs-message-list .cs-message{e:f}',
    '@keyframes cs-typing-indicator__typing-animation{0%{g:h}100%{i:j}}@keyframes cs-unread-anim{0%{k:l}}',
    '@media screen{.cs-avatar{m:n}}.cs-main-container .cs-conversation-header{o:p}',
  ];
  expect(usedRules(css.join(''))).toBe(
    '.cs-avatar{a:b}.cs-message__content{e:f}@keyframes cs-typing-indicator__typing-animation{0%{g:h}100%{i:j}}' +
      '.cs-main-container .cs-conversation-header{o:p}',
  );
});

it('the kit plugin leaves less than half of it', () => {
  const path = createRequire(import.meta.url).resolve('@chatscope/chat-ui-kit-styles/dist/default/styles.min.css');
  const css = readFileSync(path, 'utf8');
  const used = usedRules(css);
  expect(used.length).toBeLessThan(css.length / 2);
  for (const block of ['main-container', 'chat-container', 'conversation-header', 'avatar', 'message-separator'])
    expect(used).toContain(`.cs-${block}`);
});
