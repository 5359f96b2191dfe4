/** Names: whoever told us one last (members, presence, history). Members of each tablo are cached on this device. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { RestMember } from '@tablo/schema/rest/member';
import { type PersonLabel, tellApart } from '@tablo/schema/telling-apart';
import type { Api } from './api.ts';
import type { Member, Person } from './chat.ts';
import type { LocalStore } from './local-store.ts';
import { emailOf, personNameOf, UNKNOWN_NAME } from './names.ts';
import { Pace } from './pace.ts';
import { type Readable, Writable } from './readable.ts';
import { inBackground } from './report-error.ts';

function memberOf(member: RestMember): Member {
  return cleaned({
    id: member.user_id as UserId,
    name: member.name ?? '',
    email: member.email,
    avatarUrl: member.avatar_url,
    role: member.role,
  });
}

/** Records of an earlier release hold names as the server gave them. */
function cleaned(member: Member): Member {
  return { ...member, name: personNameOf(member.name, member.email), email: emailOf(member.email) };
}

export interface PeopleOptions {
  readonly store: LocalStore;
  readonly api: Api;
  readonly self: Person;
  readonly askGapMs: number;
  readonly onNames: () => void;
}

type Labels = ReadonlyMap<UserId, PersonLabel>;

export class People {
  readonly #store: LocalStore;
  readonly #api: Api;
  readonly #names = new Map<UserId, string>();
  readonly #members = new Map<TabloId, Writable<readonly Member[]>>();
  /** Of the members as they were when these labels were made. */
  readonly #labels = new Map<TabloId, { readonly members: readonly Member[]; readonly labels: Labels }>();
  /** All names that are known here, for tablos whose members are not. */
  #allLabels: Labels | null = null;
  readonly #refreshing = new Map<TabloId, Promise<void>>();
  readonly #askGapMs: number;
  readonly #paces = new Map<TabloId, Pace>();
  readonly #timers = new Map<TabloId, ReturnType<typeof setTimeout>>();
  readonly #onNames: () => void;

  constructor({ store, api, self, askGapMs, onNames }: PeopleOptions) {
    this.#store = store;
    this.#api = api;
    this.#names.set(self.id, self.name);
    this.#askGapMs = askGapMs;
    this.#onNames = onNames;
  }

  /** How somebody is called among those of the tablo, told apart from who looks alike. */
  labelOf(tabloId: TabloId, id: UserId): PersonLabel {
    const members = this.#slot(tabloId).get();
    const known = this.#labels.get(tabloId);
    const labels = known?.members === members ? known.labels : tellApart(members);
    if (labels !== known?.labels) this.#labels.set(tabloId, { members, labels });
    const member = labels.get(id);
    if (member !== undefined) return member;
    this.#allLabels ??= tellApart([...this.#names].map(([one, name]) => ({ id: one, name })));
    return this.#allLabels.get(id) ?? { name: UNKNOWN_NAME, mark: null, short: UNKNOWN_NAME };
  }

  isKnown(id: UserId): boolean {
    return this.#names.has(id);
  }

  learn(people: readonly { readonly id: UserId; readonly name: string | null }[]): void {
    let isNew = false;
    for (const { id, name: told } of people) {
      const name = personNameOf(told);
      if (name === UNKNOWN_NAME || this.#names.get(id) === name) continue;
      this.#names.set(id, name);
      isNew = true;
    }
    if (!isNew) return;
    this.#allLabels = null;
    this.#onNames();
  }

  /** Somebody says that members have changed: asked for once in a while, however often it is said. */
  refreshSoon(tabloId: TabloId): void {
    if (this.#timers.has(tabloId)) return;
    const pace = this.#paces.get(tabloId) ?? new Pace(this.#askGapMs);
    this.#paces.set(tabloId, pace);
    const timer = setTimeout(() => {
      this.#timers.delete(tabloId);
      pace.noteStart();
      // Offline again: the next refresh will do.
      inBackground(this.refresh(tabloId).catch(() => {}));
    }, pace.waitMs());
    this.#timers.set(tabloId, timer);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  membersOf(tabloId: TabloId): Readable<readonly Member[]> {
    return this.#slot(tabloId);
  }

  /** What this device knows. */
  async load(tabloId: TabloId): Promise<void> {
    const stored = await this.#store.readMembers(tabloId);
    if (stored.length > 0 && this.#slot(tabloId).get().length === 0) this.#show(tabloId, stored.map(cleaned));
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
    const isNew = JSON.stringify(slot.get()) !== JSON.stringify(members);
    if (isNew) slot.set(members);
    this.learn(members);
    // Who came or went may look like somebody who is shown.
    if (isNew) this.#onNames();
  }
}
