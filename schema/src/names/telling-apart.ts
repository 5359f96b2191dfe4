/**
 * The labels of people who are seen together: their names, and, where two look alike or one looks like a word of the page, something more that they
 * cannot choose.
 */
import type { UserId } from '../ids.ts';
import { isReservedName, skeletonOf } from './look-alike.ts';

export interface NamedPerson {
  readonly id: UserId;
  /** Cleaned. */
  readonly name: string;
  readonly email?: string | null;
}

export interface PersonLabel {
  readonly name: string;
  /** The address, or a short number. `null`: the name is enough. Shown beside the name, never as part of it. */
  readonly mark: string | null;
  /** The first name where nobody else here answers to it, else the name. */
  readonly short: string;
}

const MIN_DIGITS = 4;
const ASCII_ADDRESS = /^[!-~]+@[!-~]+$/;

/** Labels of all of `people`, who are those that are seen together. */
export function tellApart(people: Iterable<NamedPerson>): ReadonlyMap<UserId, PersonLabel> {
  const all = new Map([...people].map((person) => [person.id, person] as const));
  const groups = groupBy([...all.values()], ({ name }) => skeletonOf(name));
  const firsts = groupBy([...all.values()], ({ name }) => skeletonOf(firstName(name)));
  const labels = new Map<UserId, PersonLabel>();
  for (const [skeleton, group] of groups) {
    for (const person of group) {
      const { id, name } = person;
      const mark = group.length > 1 || isReservedName(name) ? markOf(person, group) : null;
      const first = firstName(name);
      // "Ada" may be the first name of one and the whole name of another; both are in the group of "Ada".
      const namesakes = firsts.get(skeletonOf(first))?.length ?? 0;
      const isShort = mark === null && namesakes < 2 && !isReservedName(first) && skeleton !== '';
      labels.set(id, { name, mark, short: isShort ? first : name });
    }
  }
  return labels;
}

/** Where elements cannot be used: labels of buttons, titles, files. */
export function plainLabel({ name, mark }: Pick<PersonLabel, 'name' | 'mark'>): string {
  return mark === null ? name : `${name} (${mark})`;
}

function markOf({ id, email }: NamedPerson, group: readonly NamedPerson[]): string {
  const isOwn = (other: NamedPerson): boolean => other.id === id;
  // An address that could be taken for another one tells nobody apart.
  if (email != null && ASCII_ADDRESS.test(email)) {
    const skeleton = skeletonOf(email);
    if (group.every((other) => isOwn(other) || skeletonOf(other.email ?? '') !== skeleton)) return email;
  }
  return `#${shortNumber(id, group)}`;
}

/** The last digits of the id, as many as nobody else of the group ends in. */
function shortNumber(id: UserId, group: readonly NamedPerson[]): string {
  const plain = id.replaceAll('-', '');
  for (let length = MIN_DIGITS; length < plain.length; length += 4) {
    const digits = plain.slice(-length);
    if (group.every((other) => other.id === id || !other.id.replaceAll('-', '').endsWith(digits))) return digits;
  }
  return plain;
}

function firstName(name: string): string {
  return name.split(' ')[0] ?? name;
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
