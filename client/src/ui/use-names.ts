import type { UserId } from '@tablo/schema/ids';
import { type NamedPerson, type PersonLabel, tellApart } from '@tablo/schema/telling-apart';
import { useMemo, useRef } from 'react';

type Names = ReadonlyMap<UserId, PersonLabel>;

const isSameLabel = (left: PersonLabel, right: PersonLabel | undefined): boolean =>
  right !== undefined && left.name === right.name && left.mark === right.mark && left.short === right.short;
const isSame = (left: Names, right: Names): boolean =>
  left.size === right.size && [...left].every(([id, label]) => isSameLabel(label, right.get(id)));

const byId = (people: readonly NamedPerson[]): Iterable<NamedPerson> =>
  new Map(people.map((person) => [person.id, person])).values();

/** Who is called what here. The same object until a name changes: presence changes with every keystroke of others, and each message depends on this. */
export function useNames(user: NamedPerson, members: readonly NamedPerson[], online: readonly NamedPerson[]): Names {
  const known = useRef<Names>(new Map());
  const ofMembers = useMemo(() => tellApart(byId([user, ...members])), [user, members]);
  const names = useMemo(
    // Members last: they come with what tells them apart. There may be thousands, and hardly ever is somebody here who is none of them.
    () => (online.every(({ id }) => ofMembers.has(id)) ? ofMembers : tellApart(byId([user, ...online, ...members]))),
    [user, online, members, ofMembers],
  );
  if (!isSame(known.current, names)) known.current = names;
  return known.current;
}
