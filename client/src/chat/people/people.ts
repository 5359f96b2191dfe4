/**
 * The names of people in each tablo: the device's table of people (`known-people.ts`) and the members of each tablo, which are cached on this device too.
 *
 * Invariants
 * 1. Only the server can say that a person has left: by a list of the tablo's members that was asked for after this device had met them, read whole, without them.
 * 2. [M6] Members are asked for of tablos that a person opens, names of the others by ids alone.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { Pace } from '../base/pace.ts';
import { type Readable, Writable } from '../base/readable.ts';
import { inBackground } from '../base/report-error.ts';
import type { Member, Person, RoomNames, RoomPerson } from '../chat.ts';
import type { Api } from '../session/api.ts';
import type { LocalStore } from '../store/local-store.ts';
import { DeviceLabels } from './device-labels.ts';
import type { KnownPeople, NamedBySomebody } from './known-people.ts';
import { cleanMember, memberOf } from './members.ts';
import { NameSeeker } from './name-seeker.ts';
import { isSameNames, namePeople } from './room-names.ts';

export interface PeopleOptions {
  readonly store: LocalStore;
  readonly known: KnownPeople;
  readonly api: Api;
  readonly self: Person;
  readonly askGapMs: number;
  /** Called when a label has changed anywhere. */
  readonly onNames: () => void;
}

/** What is in memory of the people of one tablo. */
interface Circle {
  readonly members: Writable<readonly Member[]>;
  /** People who wrote or reacted there, or were present, as far as this device has seen. */
  readonly met: Set<UserId>;
  readonly names: Writable<RoomNames>;
  /** The cache of `names`; `null`: to be computed again. */
  named: ReadonlyMap<UserId, RoomPerson> | null;
  /** The list of members is the server's, as of this connection. */
  isCurrent: boolean;
  /** How often the connection was lost. */
  losses: number;
  /** Members were looked for on this device, for the list's sake. */
  isLookedUp: boolean;
}

export class People {
  readonly #store: LocalStore;
  readonly #known: KnownPeople;
  readonly #api: Api;
  readonly #self: Person;
  readonly #circles = new Map<TabloId, Circle>();
  readonly #seeker: NameSeeker;
  readonly #labels: DeviceLabels;
  readonly #refreshing = new Map<TabloId, Promise<void>>();
  readonly #askGapMs: number;
  readonly #paces = new Map<TabloId, Pace>();
  readonly #timers = new Map<TabloId, ReturnType<typeof setTimeout>>();
  readonly #onNames: () => void;

  constructor({ store, known, api, self, askGapMs, onNames }: PeopleOptions) {
    this.#store = store;
    this.#known = known;
    this.#api = api;
    this.#self = self;
    this.#askGapMs = askGapMs;
    this.#onNames = onNames;
    this.#seeker = new NameSeeker({
      ask: (sought) => api.listPeople(sought),
      learn: (people) => this.learn(people),
      isNamed: (id) => known.nameOf(id) !== null,
      gapMs: askGapMs,
    });
    this.#labels = new DeviceLabels(known, self, onNames);
  }

  /** How people are called in the tablo. */
  namesOf(tabloId: TabloId): Readable<RoomNames> {
    return this.#circle(tabloId).names;
  }

  membersOf(tabloId: TabloId): Readable<readonly Member[]> {
    return this.#circle(tabloId).members;
  }

  /** How one person is called, for the list: in a tablo whose members are not in memory, beside everybody who is known here. */
  labelOf(tabloId: TabloId, id: UserId): RoomPerson {
    const circle = this.#circle(tabloId);
    return circle.members.get().length > 0 ? circle.names.get().of(id) : this.#labels.of(tabloId, id);
  }

  /** The list names this author: perhaps this device has more to call them by, or the server. */
  lookUp(tabloId: TabloId, author: UserId): void {
    const { isNamed, mark } = this.labelOf(tabloId, author);
    if (!isNamed) return this.#seeker.want({ tabloId, id: author });
    const circle = this.#circle(tabloId);
    if (mark === null || circle.isLookedUp) return;
    circle.isLookedUp = true;
    inBackground(this.load(tabloId));
  }

  learn(people: Iterable<NamedBySomebody>): void {
    this.#noteChanged(this.#known.learn(people));
  }

  /** Names from a source that may be outdated: a known name is kept. */
  learnMissing(people: Iterable<NamedBySomebody>): void {
    this.learn([...people].filter(({ id }) => this.#known.nameOf(id) === null));
  }

  /** They have left something there, or are there. True: the tablo's members say nothing of one of them, and may have to be asked for. */
  meet(tabloId: TabloId, ids: Iterable<UserId>): boolean {
    const circle = this.#circle(tabloId);
    const fresh = [...new Set(ids)].filter((id) => !circle.met.has(id) && id !== this.#self.id);
    if (fresh.length === 0) return false;
    for (const id of fresh) circle.met.add(id);
    for (const id of fresh) if (this.#known.nameOf(id) === null) this.#seeker.want({ tabloId, id });
    this.#publishNames(tabloId, circle);
    return circle.isCurrent && this.#unplaced(tabloId, circle, fresh).length > 0;
  }

  /** They have just written there: a person who had left is back, or the server will report again that they left. */
  noteWritten(tabloId: TabloId, ids: Iterable<UserId>): boolean {
    const back = [...new Set(ids)].filter((id) => this.#known.hasLeft(tabloId, id));
    this.#noteMoved(tabloId, this.#known.noteMembers(tabloId, back, []));
    return back.length > 0;
  }

  /** Another tab has saved what it learnt. */
  async takeStored(): Promise<void> {
    await this.#known.takeStored();
    this.#labels.relabelSoon();
    for (const [tabloId, circle] of this.#circles) this.#publishNames(tabloId, circle);
    this.#onNames();
  }

  /** The server answers: names that could not be asked for are. */
  seekAgain(): void {
    this.#seeker.askSoon();
  }

  /** Members may have changed. The list is asked for at a limited rate, however often that is announced. */
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

  /** Unless the list of members is the server's already, as of this connection. */
  refreshIfMissed(tabloId: TabloId): void {
    if (!this.#circle(tabloId).isCurrent) this.refreshSoon(tabloId);
  }

  /** The connection is lost: changes are not received. */
  noteLost(tabloId: TabloId): void {
    const circle = this.#circle(tabloId);
    circle.isCurrent = false;
    circle.losses += 1;
  }

  close(): void {
    this.#seeker.close();
    this.#labels.close();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** What this device knows. */
  async load(tabloId: TabloId): Promise<void> {
    const stored = await this.#store.readMembers(tabloId);
    const isKnown = this.#circle(tabloId).members.get().length > 0;
    if (stored.length > 0 && !isKnown) this.#show(tabloId, stored.map(cleanMember));
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
    // A person of the last list who is missing in this one has left.
    await this.load(tabloId);
    const circle = this.#circle(tabloId);
    const { losses } = circle;
    const before = new Set([...circle.met, ...circle.members.get().map(({ id }) => id)]);
    const { members: rows, isWhole } = await this.#api.listMembers(tabloId);
    const members = rows.map(memberOf);
    const ids = new Set(members.map(({ id }) => id));
    circle.isCurrent = isWhole && losses === circle.losses;
    const gone = isWhole ? [...before].filter((id) => !ids.has(id) && id !== this.#self.id) : [];
    const moved = this.#known.noteMembers(tabloId, ids, gone);
    this.#show(tabloId, members);
    this.#noteMoved(tabloId, moved);
    const met = [...circle.met].filter((id) => !before.has(id));
    if (isWhole && this.#unplaced(tabloId, circle, met).length > 0) this.refreshSoon(tabloId);
    await this.#store.writeMembers(tabloId, members);
  }

  #circle(tabloId: TabloId): Circle {
    const known = this.#circles.get(tabloId);
    if (known !== undefined) return known;
    const circle: Circle = {
      members: new Writable<readonly Member[]>([]),
      met: new Set(),
      names: new Writable<RoomNames>({ of: (id) => this.#labelIn(tabloId, id) }),
      named: null,
      isCurrent: false,
      losses: 0,
      isLookedUp: false,
    };
    this.#circles.set(tabloId, circle);
    return circle;
  }

  #labelIn(tabloId: TabloId, id: UserId): RoomPerson {
    return this.#namedIn(tabloId).get(id) ?? this.#labels.of(tabloId, id);
  }

  #namedIn(tabloId: TabloId): ReadonlyMap<UserId, RoomPerson> {
    const circle = this.#circle(tabloId);
    circle.named ??= namePeople(
      { tabloId, self: this.#self, members: circle.members.get(), met: circle.met },
      this.#known,
    );
    return circle.named;
  }

  /** Whom neither the tablo's list of members nor the list of those who left knows. */
  #unplaced(tabloId: TabloId, circle: Circle, ids: readonly UserId[]): readonly UserId[] {
    const members = new Set(circle.members.get().map(({ id }) => id));
    return ids.filter((id) => !members.has(id) && !this.#known.hasLeft(tabloId, id));
  }

  #noteChanged(changed: readonly UserId[]): void {
    if (changed.length === 0) return;
    this.#labels.relabelSoon();
    for (const [tabloId, circle] of this.#circles) {
      const isConcerned = circle.named !== null && changed.some((id) => circle.named?.has(id));
      if (isConcerned) this.#publishNames(tabloId, circle);
    }
    this.#onNames();
  }

  #noteMoved(tabloId: TabloId, moved: readonly UserId[]): void {
    if (moved.length === 0) return;
    this.#publishNames(tabloId, this.#circle(tabloId));
    this.#onNames();
  }

  /** A new object only if a label has changed: each message on the screen depends on it. */
  #publishNames(tabloId: TabloId, circle: Circle): void {
    const before = circle.named;
    circle.named = null;
    // There is no subscriber yet, so there is nobody to notify.
    if (before === null || isSameNames(before, this.#namedIn(tabloId))) return;
    circle.names.set({ of: (id) => this.#labelIn(tabloId, id) });
  }

  #show(tabloId: TabloId, members: readonly Member[]): void {
    const circle = this.#circle(tabloId);
    const isNew = JSON.stringify(circle.members.get()) !== JSON.stringify(members);
    if (isNew) circle.members.set(members);
    this.learn(members);
    if (!isNew) return;
    // The name of a person who came or left may look like one that is shown.
    this.#publishNames(tabloId, circle);
    this.#onNames();
  }
}
