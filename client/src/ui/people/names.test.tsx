/** What the page makes of names: which elements they stand in, and what they cannot pass for. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { tellApart } from '@tablo/schema/names/telling-apart';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { ChannelSummary } from '../../chat/chat.ts';
import { TypingSentence } from '../composer/typing-line.tsx';
import { TabloLink } from '../list/tablo-link.tsx';
import { Inviter } from './inviter.tsx';
import { PersonName, spokenName, You } from './name.tsx';

const id = (nth: number): UserId => `00000000-0000-4000-8000-00000000000${nth}` as UserId;
const text = (markup: string): string => markup.replace(/<[^>]*>/g, '');

describe('a name', () => {
  it('[R3] a name stands in a bdi; the reader does not', () => {
    expect(renderToStaticMarkup(<PersonName person={{ name: 'עדה', mark: null }} />)).toBe(
      '<bdi class="name">עדה</bdi>',
    );
    expect(renderToStaticMarkup(<You />)).toBe('<span class="page-word you">You</span>');
  });

  it('[R3] a name that nobody knows is a word of the page, with a mark that is not', () => {
    const person = { name: 'Former member', mark: '#0001', isNamed: false, hasLeft: true };
    const markup = renderToStaticMarkup(<PersonName person={person} />);
    expect(markup).toContain('<span class="page-word name-left">Former member</span>');
    expect(text(markup)).toBe('Former member #0001');
    expect(spokenName(person)).toBe('Former member (#0001)');
  });

  it('[R7] a name of who has left is grey to the eye, and said to who does not see that', () => {
    const person = { name: 'Bob', mark: null, isNamed: true, hasLeft: true };
    expect(renderToStaticMarkup(<PersonName person={person} />)).toBe(
      '<bdi class="name name-left">Bob</bdi><span class="hidden-visually"> (left)</span>',
    );
    expect(spokenName(person)).toBe('Bob (left)');
  });

  it('[R3] "You" is a name with a mark, in another element than the word', () => {
    const label = tellApart([{ id: id(1), name: 'You' }]).get(id(1)) ?? { name: '', mark: null };
    const markup = renderToStaticMarkup(<PersonName person={label} />);
    expect(markup).not.toContain('page-word');
    expect(text(markup)).toBe('You #0001');
    expect(spokenName(label)).toBe('You (#0001)');
  });

  it('[R3] a name of an inviter that reads like a word of the page is quoted', () => {
    expect(text(renderToStaticMarkup(<Inviter name="System" />))).toBe('Somebody called “System”');
    expect(text(renderToStaticMarkup(<Inviter name="Ada" />))).toBe('Ada');
    expect(text(renderToStaticMarkup(<Inviter name={null} />))).toBe('Somebody');
  });
});

describe('who types', () => {
  const labels = tellApart(
    ['Ada Lovelace', 'Bob Kahn', 'Bob Marley', 'You Know', 'Chidi'].map((name, nth) => ({ id: id(nth), name })),
  );
  const sentence = (...people: number[]): string =>
    text(renderToStaticMarkup(<TypingSentence people={people.flatMap((nth) => labels.get(id(nth)) ?? [])} />));

  it.each([
    [[], ''],
    [[0], 'Ada is typing…'],
    [[0, 4], 'Ada and Chidi are typing…'],
    [[0, 1, 4], '3 people are typing…'],
    [[1], 'Bob Kahn is typing…'],
    [[3], 'You Know is typing…'],
  ])('[R3] the line about who types says of %j: %s', (people, expected) => expect(sentence(...people)).toBe(expected));
});

describe('a link in the list', () => {
  const channel: ChannelSummary = {
    id: 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId,
    name: 'تخطيط',
    role: 'member',
    unreadCount: 0,
    createdAt: 0,
    unsent: { pending: 0, refused: 0 },
    hasDraft: false,
    lastMessage: {
      id: id(7) as never,
      author: id(1),
      authorName: 'You',
      authorMark: '#0001',
      isAuthorNamed: true,
      hasAuthorLeft: false,
      text: 'as agreed',
      shownAt: 0,
    },
  };
  const render = (isOwnLast: boolean): string =>
    renderToStaticMarkup(
      <TabloLink href="/" channel={channel} isCurrent={false} isOwnLast={isOwnLast} now={0} onOpen={() => undefined} />,
    );

  it('[R3] a link in the list never shows an account called You as the reader', () => {
    expect(text(render(false))).toContain('You (#0001): as agreed');
    expect(render(false)).not.toContain('page-word');
    expect(render(true)).toContain('<span class="page-word you">You</span>: ');
    expect(text(render(true))).not.toContain('#0001');
  });

  it('[R3] a link in the list is called by the tablo’s name, which stands in a bdi', () => {
    expect(render(false)).toMatch(/<a [^>]*class="tablo-link[^>]*><bdi>تخطيط<\/bdi><\/a>/u);
  });
});
