import { describe, expect, it } from 'vitest';
import type { UserId } from '../ids.ts';
import { plainLabel, tellApart } from './telling-apart.ts';

const id = (tail: string): UserId => `00000000-0000-4000-8000-${tail.padStart(12, '0')}` as UserId;

function labelsOf(...people: readonly [tail: string, name: string, email?: string | null][]): string[] {
  const named = people.map(([tail, name, email = null]) => ({ id: id(tail), name, email }));
  const labels = tellApart(named);
  return named.map((person) => plainLabel(labels.get(person.id) ?? { name: '?', mark: null }));
}

describe('tellApart', () => {
  it('[R3] tellApart leaves alone who is the only one of a name', () => {
    expect(labelsOf(['1', 'Ada', 'ada@example.org'], ['2', 'Bob'])).toEqual(['Ada', 'Bob']);
  });

  it('[R3] tellApart tells people apart who look alike, by address', () => {
    expect(labelsOf(['1', 'Alice', 'a@example.org'], ['2', 'Аliсе', 'm@example.org'], ['3', 'Bob'])).toEqual([
      'Alice (a@example.org)',
      'Аliсе (m@example.org)',
      'Bob',
    ]);
  });

  it('[R3] tellApart tells them apart by a number where the addresses do not, or are not known', () => {
    expect(labelsOf(['aaa1', 'Alice'], ['aaa2', 'alice', 'a@example.org'])).toEqual([
      'Alice (#aaa1)',
      'alice (a@example.org)',
    ]);
    expect(labelsOf(['aaa1', 'Alice', 'a@example.org'], ['aaa2', 'Alice', 'A@EXAMPLE.ORG'])).toEqual([
      'Alice (#aaa1)',
      'Alice (#aaa2)',
    ]);
    expect(labelsOf(['aaa1', 'Alice', 'a@exаmple.org'], ['1aaa1', 'Alice'])).toEqual([
      'Alice (#0000aaa1)',
      'Alice (#0001aaa1)',
    ]);
  });

  it('[R3] tellApart lets nobody stand as a word of the page', () => {
    expect(labelsOf(['beef', 'You'], ['2', 'System', 's@example.org'])).toEqual([
      'You (#beef)',
      'System (s@example.org)',
    ]);
  });

  it('[R3] tellApart calls people by their first name only where nobody else answers to it', () => {
    const people = ['Ada Lovelace', 'Bob Kahn', 'Bob Marley', 'You Know', 'Ada'].map((name, nth) => ({
      id: id(`${nth}`),
      name,
    }));
    const shorts = [...tellApart(people.slice(0, 4)).values()].map(({ short }) => short);
    expect(shorts).toEqual(['Ada', 'Bob Kahn', 'Bob Marley', 'You Know']);
    expect(tellApart(people).get(id('0'))?.short).toBe('Ada Lovelace');
  });
});
