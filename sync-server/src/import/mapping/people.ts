/** Who is who: Stream's user ids are texts, ours are UUIDs. And what the file says they are called. */

import type { UserId } from '@tablo/schema/ids';
import { cleanName } from '@tablo/schema/names/name';
import { asId, asObject, asText, asTime } from '../file/read-value.ts';
import { asUuid, createNamedId } from './stream-ids.ts';

const AVATAR_MAX = 2_048;

export type Known = 'uuid' | 'table' | 'unknown';

export interface Person {
  readonly streamId: string;
  readonly id: UserId;
  /** How their id was found; unknown: it is made of Stream's, and nobody signs in under it. */
  readonly known: Known;
  name: string | null;
  avatarUrl: string | null;
  /** When what is said of them was last changed, in microseconds. */
  saidAt: number;
  /** Whether anything that is imported is theirs: written, reacted, read, a membership. */
  isNeeded: boolean;
  messages: number;
}

export class People {
  readonly #table: ReadonlyMap<string, string>;
  readonly #people = new Map<string, Person>();

  /** `table`: of the operator's, from Stream's id to ours. It wins, also over an id that is a UUID. */
  constructor(table: ReadonlyMap<string, string>) {
    this.#table = table;
  }

  /** Notes what a user, or whoever has one (`{user_id, user}`), is called. Null: nobody is named. */
  meet(value: unknown, streamId = asId(value)): Person | null {
    if (streamId === null) return null;
    const person = this.#people.get(streamId) ?? this.#add(streamId);
    const said = asObject(value);
    if (said !== null) hear(person, said);
    return person;
  }

  get all(): Iterable<Person> {
    return this.#people.values();
  }

  #add(streamId: string): Person {
    const listed = this.#table.get(streamId);
    const own = listed ?? asUuid(streamId);
    const person: Person = {
      streamId,
      id: (own ?? createNamedId('user', streamId)) as UserId,
      known: listed !== undefined ? 'table' : own !== null ? 'uuid' : 'unknown',
      ...{ name: null, avatarUrl: null, saidAt: -1, isNeeded: false, messages: 0 },
    };
    this.#people.set(streamId, person);
    return person;
  }
}

/** A user stands in a file many times, as they were when something was written: the latest counts. */
function hear(person: Person, said: Readonly<Record<string, unknown>>): void {
  const at = asTime(said['updated_at']) ?? asTime(said['created_at']) ?? 0;
  if (at <= person.saidAt) return;
  const name = cleanName(asText(said['name']) ?? '');
  const image = asText(said['image']);
  person.saidAt = at;
  if (name !== '') person.name = name;
  if (image !== null && /^https?:\/\//.test(image) && image.length <= AVATAR_MAX && image.isWellFormed())
    person.avatarUrl = image;
}
