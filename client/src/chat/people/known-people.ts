/**
 * The one table of people on this device: all names, and who has left which tablo. In memory from the start, saved behind, so that names stand
 * there before the first paint, offline and after a reload [R7]. The latest source is right: messages, members, presence, lists.
 *
 * Only the server can say that a person has left: `noteMembers` alone marks people as former.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { personNameOf, UNKNOWN_NAME } from '../base/names.ts';
import { inBackground } from '../base/report-error.ts';
import { Timer } from '../base/timer.ts';
import type { LocalStore } from '../store/local-store.ts';

/** A page of members or messages brings many names at once. */
const SAVE_AFTER_MS = 50;

export interface NamedBySomebody {
  readonly id: UserId;
  /** `null`: the source knows no name for them. */
  readonly name: string | null;
}

export class KnownPeople {
  readonly #store: LocalStore;
  readonly #names = new Map<UserId, string>();
  readonly #former = new Map<TabloId, Set<UserId>>();
  readonly #unsavedNames = new Set<UserId>();
  readonly #unsavedFormer = new Map<TabloId, Set<UserId>>();
  readonly #timer = new Timer();
  #isClosed = false;
  /** The table on the device has changed: other tabs may read it anew. */
  onSaved: () => void = () => {};

  private constructor(store: LocalStore) {
    this.#store = store;
  }

  static async open(store: LocalStore): Promise<KnownPeople> {
    const people = new KnownPeople(store);
    await people.takeStored();
    if (people.#names.size === 0) await people.#takeMembers();
    return people;
  }

  get names(): ReadonlyMap<UserId, string> {
    return this.#names;
  }

  nameOf(id: UserId): string | null {
    return this.#names.get(id) ?? null;
  }

  /** The server's list of the tablo's members, read whole, did not hold them. */
  hasLeft(tabloId: TabloId, id: UserId): boolean {
    return this.#former.get(tabloId)?.has(id) ?? false;
  }

  /** Returns those whose name has changed. */
  learn(people: Iterable<NamedBySomebody>): readonly UserId[] {
    const changed: UserId[] = [];
    for (const { id, name: given } of people) {
      const name = personNameOf(given);
      if (name === UNKNOWN_NAME || this.#names.get(id) === name) continue;
      this.#names.set(id, name);
      this.#unsavedNames.add(id);
      changed.push(id);
    }
    if (changed.length > 0) this.#saveSoon();
    return changed;
  }

  /** According to the server `members` belong to the tablo and `gone` do not. Returns those for whom that is new. */
  noteMembers(tabloId: TabloId, members: Iterable<UserId>, gone: Iterable<UserId>): readonly UserId[] {
    const former = this.#formerOf(tabloId);
    const changed: UserId[] = [];
    for (const id of members) if (former.delete(id)) changed.push(id);
    for (const id of gone) {
      if (former.has(id)) continue;
      former.add(id);
      changed.push(id);
    }
    if (changed.length === 0) return changed;
    const unsaved = this.#unsavedFormer.get(tabloId) ?? new Set();
    for (const id of changed) unsaved.add(id);
    this.#unsavedFormer.set(tabloId, unsaved);
    this.#saveSoon();
    return changed;
  }

  /** Of what is stored, all but what is newer here. */
  async takeStored(): Promise<void> {
    const { names, former } = await this.#store.readPeople();
    for (const [id, name] of names) if (!this.#unsavedNames.has(id)) this.#names.set(id, personNameOf(name));
    for (const [tabloId, ids] of this.#former) if (!this.#unsavedFormer.has(tabloId)) ids.clear();
    for (const [tabloId, id] of former) if (!this.#unsavedFormer.has(tabloId)) this.#formerOf(tabloId).add(id);
  }

  async save(): Promise<void> {
    this.#timer.clear();
    if (this.#unsavedNames.size === 0 && this.#unsavedFormer.size === 0) return;
    const names = [...this.#unsavedNames].map((id) => [id, this.#names.get(id) ?? ''] as const);
    const changed = [...this.#unsavedFormer].flatMap(([tabloId, ids]) => [...ids].map((id) => [tabloId, id] as const));
    const isFormer = ([tabloId, id]: readonly [TabloId, UserId]): boolean => this.hasLeft(tabloId, id);
    this.#unsavedNames.clear();
    this.#unsavedFormer.clear();
    await this.#store.writePeople({
      names,
      former: changed.filter(isFormer),
      returned: changed.filter((pair) => !isFormer(pair)),
    });
    this.onSaved();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.save();
  }

  #formerOf(tabloId: TabloId): Set<UserId> {
    const known = this.#former.get(tabloId);
    if (known !== undefined) return known;
    const former = new Set<UserId>();
    this.#former.set(tabloId, former);
    return former;
  }

  /** An earlier release kept names with the members of each tablo alone. */
  async #takeMembers(): Promise<void> {
    const channels = await this.#store.readChannels();
    const members = await Promise.all(channels.map(({ id }) => this.#store.readMembers(id)));
    this.learn(members.flat());
  }

  #saveSoon(): void {
    if (!this.#isClosed) this.#timer.setIfUnset(() => inBackground(this.save()), SAVE_AFTER_MS);
  }
}
