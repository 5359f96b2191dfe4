import type { UserId } from '@tablo/schema/ids';
import { useRef } from 'react';
import type { Person } from '../chat/chat.ts';

type Names = ReadonlyMap<UserId, string>;

const isSame = (left: Names, right: Names): boolean =>
  left.size === right.size && [...left].every(([id, name]) => right.get(id) === name);

/** Who is called what. The same object until a name changes: presence changes with every keystroke of others, and each message depends on this. */
export function useNames(user: Person, members: readonly Person[], online: readonly Person[]): Names {
  const known = useRef<Names>(new Map());
  const names: Names = new Map([user, ...online, ...members].map((person) => [person.id, person.name]));
  if (!isSame(known.current, names)) known.current = names;
  return known.current;
}
