/** How the people of one tablo are called beside each other. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import type { Member } from '../chat.ts';
import { namePeople } from './room-names.ts';

const TABLO = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;
const id = (end: string): UserId => `00000000-0000-4000-8000-00000000${end}` as UserId;
const self = { id: id('0001'), name: 'Ann' };

const member = (user: UserId, email: string | null = null): Member => ({
  ...{ id: user, name: 'as the list had it', email, avatarUrl: null, role: 'member' },
});

function called(names: Record<string, string>, left: readonly UserId[], members: readonly Member[], met: UserId[]) {
  const people = namePeople(
    { tabloId: TABLO, self, members, met },
    { nameOf: (user) => names[user] ?? null, hasLeft: (_, user) => left.includes(user) },
  );
  return (user: UserId) => people.get(user);
}

describe('people of a tablo', () => {
  it('[R7] a person who has left keeps the name', () => {
    const of = called({ [id('0002')]: 'Bob' }, [id('0002')], [], [id('0002')]);
    expect(of(id('0002'))).toEqual({ name: 'Bob', mark: null, short: 'Bob', isNamed: true, hasLeft: true });
  });

  it('[R3] a person who has left is told apart from a member who looks alike, who has an address', () => {
    const [bob, other] = [id('0002'), id('0003')];
    const of = called({ [bob]: 'Bob', [other]: 'Воb' }, [bob], [member(other, 'bob@example.org')], [bob]);
    expect(of(bob)).toMatchObject({ name: 'Bob', mark: '#0002', hasLeft: true });
    expect(of(other)).toMatchObject({ name: 'Воb', mark: 'bob@example.org', hasLeft: false });
  });

  it('[R3] two without a name are never under one word: a word of the page, and a mark of the id', () => {
    const [one, two, three] = [id('10000002'), id('20000002'), id('0003')] as [UserId, UserId, UserId];
    const of = called({}, [one, two], [], [one, two, three]);
    expect(of(one)).toMatchObject({ name: 'Former member', isNamed: false });
    expect(of(two)).toMatchObject({ name: 'Former member', isNamed: false });
    expect(of(one)?.mark).not.toBe(of(two)?.mark);
    expect(of(three)).toMatchObject({ name: 'Someone', mark: '#0003', isNamed: false });
  });

  it('[R3] nobody who is a member has left, and the reader never has', () => {
    const of = called({ [id('0002')]: 'Bob' }, [id('0002'), self.id], [member(id('0002'))], [self.id]);
    expect([of(id('0002'))?.hasLeft, of(self.id)?.hasLeft]).toEqual([false, false]);
  });

  it('[M6] a member whom nobody may name yet has something to be called by', () => {
    const of = called({}, [], [member(id('0002'))], []);
    expect(of(id('0002'))).toMatchObject({ name: 'Someone', mark: '#0002', isNamed: false, hasLeft: false });
  });
});
