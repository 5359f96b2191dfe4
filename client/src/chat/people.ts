/** Names: whoever told us one last (members, presence, history). Members of each tablo are cached on this device. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { RestMember } from '@tablo/schema/rest/member';
import type { Api } from './api.ts';
import type { Member, Person } from './chat.ts';
import type { LocalStore } from './local-store.ts';
import { type Readable, Writable } from './readable.ts';

const UNKNOWN_NAME = 'Someone';

function memberOf(member: RestMember): Member {
  return {
    id: member.user_id as UserId,
    name: member.name ?? member.email ?? UNKNOWN_NAME,
    email: member.email,
    avatarUrl: member.avatar_url,
    role: member.role,
  };
}

export class People {
  readonly #store: LocalStore;
  readonly #api: Api;
  readonly #names = new Map<UserId, string>();
  readonly #members = new Map<TabloId, Writable<readonly Member[]>>();
  readonly #refreshing = new Map<TabloId, Promise<void>>();
  readonly #onNames: () => void;

  constructor(store: LocalStore, api: Api, self: Person, onNames: () => void) {
    this.#store = store;
    this.#api = api;
    this.#names.set(self.id, self.name);
    this.#onNames = onNames;
  }

  nameOf(id: UserId): string {
    return this.#names.get(id) ?? UNKNOWN_NAME;
  }

  isKnown(id: UserId): boolean {
    return this.#names.has(id);
  }

  learn(people: readonly { readonly id: UserId; readonly name: string | null }[]): void {
    let isNew = false;
    for (const { id, name } of people) {
      if (name === null || name === UNKNOWN_NAME || this.#names.get(id) === name) continue;
      this.#names.set(id, name);
      isNew = true;
    }
    if (isNew) this.#onNames();
  }

  membersOf(tabloId: TabloId): Readable<readonly Member[]> {
    return this.#slot(tabloId);
  }

  /** What this device knows. */
  async load(tabloId: TabloId): Promise<void> {
    const stored = await this.#store.readMembers(tabloId);
    if (stored.length > 0 && this.#slot(tabloId).get().length === 0) this.#show(tabloId, stored);
  }

  /** What the server knows. Rejects with `ChatError`; concurrent calls are one. */
  refresh(tabloId: TabloId): Promise<void> {
    const running = this.#refreshing.get(tabloId);
    if (running !== undefined) return running;
    const refreshing = this.#fetch(tabloId).finally(() => this.#refreshing.delete(tabloId));
    this.#refreshing.set(tabloId, refreshing);
    return refreshing;
  }

  async #fetch(tabloId: TabloId): Promise<void> {
    const members = (await this.#api.listMembers(tabloId)).map(memberOf);
    this.#show(tabloId, members);
    await this.#store.writeMembers(tabloId, members);
  }

  #slot(tabloId: TabloId): Writable<readonly Member[]> {
    const known = this.#members.get(tabloId);
    if (known !== undefined) return known;
    const slot = new Writable<readonly Member[]>([]);
    this.#members.set(tabloId, slot);
    return slot;
  }

  #show(tabloId: TabloId, members: readonly Member[]): void {
    const slot = this.#slot(tabloId);
    if (JSON.stringify(slot.get()) !== JSON.stringify(members)) slot.set(members);
    this.learn(members);
  }
}
