/** The names of people in one tablo. Everybody who belongs there, or has left something there, is distinguished from the others. Pure. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { type NamedPerson, tellApart } from '@tablo/schema/names/telling-apart';
import { FORMER_NAME, UNKNOWN_NAME } from '../base/names.ts';
import type { Member, Person, RoomPerson } from '../chat.ts';

/** What the device's table of people knows. */
export interface NameSource {
  nameOf(id: UserId): string | null;
  hasLeft(tabloId: TabloId, id: UserId): boolean;
}

export interface PeopleOfRoom {
  readonly tabloId: TabloId;
  readonly self: Person;
  readonly members: readonly Member[];
  /** Who wrote or reacted there, or was there. */
  readonly met: Iterable<UserId>;
}

export function namePeople(
  { tabloId, self, members, met }: PeopleOfRoom,
  source: NameSource,
): ReadonlyMap<UserId, RoomPerson> {
  const addresses = new Map(members.map(({ id, email }) => [id, email]));
  const hasLeft = (id: UserId): boolean => !addresses.has(id) && id !== self.id && source.hasLeft(tabloId, id);
  const nameOf = (id: UserId): string | null => (id === self.id ? self.name : source.nameOf(id));
  const wordFor = (id: UserId): string => (hasLeft(id) ? FORMER_NAME : UNKNOWN_NAME);
  const people = new Map<UserId, NamedPerson>();
  for (const id of [self.id, ...met, ...addresses.keys()])
    people.set(id, { id, name: nameOf(id) ?? wordFor(id), email: addresses.get(id) ?? null });
  return new Map(
    [...tellApart(people.values())].map(([id, label]) => [
      id,
      { ...label, isNamed: nameOf(id) !== null, hasLeft: hasLeft(id) },
    ]),
  );
}

export function isSameNames(left: ReadonlyMap<UserId, RoomPerson>, right: ReadonlyMap<UserId, RoomPerson>): boolean {
  return left.size === right.size && [...left].every(([id, person]) => isSamePerson(person, right.get(id)));
}

function isSamePerson(left: RoomPerson, right: RoomPerson | undefined): boolean {
  return (
    left.name === right?.name &&
    left.mark === right.mark &&
    left.short === right.short &&
    left.isNamed === right.isNamed &&
    left.hasLeft === right.hasLeft
  );
}
