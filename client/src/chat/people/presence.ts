/** Who has the tablo open and who types: what we send (throttled), and what we read from others (never trusted beyond its shape). */
import type { UserId } from '@tablo/schema/ids';
import type { PresenceState } from '@tablo/schema/wire/presence';
import { personNameOf } from '../base/names.ts';
import { type Readable, Writable } from '../base/readable.ts';
import { boolean, object, readAs, string } from '../base/shape.ts';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import type { Person, PresenceView } from '../chat.ts';
import type { Link, PeerState } from '../link/link.ts';

const presenceState = object<PresenceState>({
  user: object<PresenceState['user']>({ id: string, name: string }),
  typing: boolean,
});

const byName = (left: Person, right: Person): number =>
  left.name.localeCompare(right.name) || (left.id < right.id ? -1 : 1);

export function readPresence(states: readonly PeerState[], self: Person, isPresent: boolean): PresenceView {
  const online = new Map<UserId, Person>(isPresent ? [[self.id, self]] : []);
  const typing = new Map<UserId, Person>();
  for (const state of states) {
    const read = readAs(presenceState, state);
    if (read === null) continue;
    const { user, typing: isTyping } = read.data;
    const person = { id: user.id as UserId, name: personNameOf(user.name) };
    if (person.id !== self.id) online.set(person.id, person);
    if (person.id !== self.id && isTyping) typing.set(person.id, person);
  }
  return { online: [...online.values()].sort(byName), typing: [...typing.values()].sort(byName) };
}

export class RoomPresence {
  readonly #self: Person;
  readonly #timing: Timing;
  readonly #view: Writable<PresenceView>;
  #link: Link | null = null;
  #states: readonly PeerState[] = [];
  #isOpen = false;
  #isRecent = false;
  #isTyping = false;
  #sentTypingAt = 0;
  readonly #idleTimer = new Timer();

  constructor(self: Person, timing: Timing) {
    this.#self = self;
    this.#timing = timing;
    this.#view = new Writable<PresenceView>({ online: [], typing: [] });
  }

  get view(): Readable<PresenceView> {
    return this.#view;
  }

  /** `null`: not joined, so nobody is seen. */
  attach(link: Link | null): void {
    this.#link = link;
    this.#states = [];
    if (this.#isPresent) this.#tell();
    this.#publish();
  }

  receive(states: readonly PeerState[]): void {
    this.#states = states;
    this.#publish();
  }

  setOpen(isOpen: boolean): void {
    this.#change(() => {
      this.#isOpen = isOpen;
      if (!isOpen) this.#stopTyping();
    });
  }

  /** Among the most recently active: there our presence is shown as well; elsewhere it would cost more than it is worth (TRAPS 1.6). */
  setRecent(isRecent: boolean): void {
    this.#change(() => {
      this.#isRecent = isRecent;
    });
  }

  /** The browser may have taken our state out when the page was put away. */
  refresh(): void {
    if (this.#isPresent) this.#tell();
  }

  sendTyping(isTyping: boolean): void {
    this.#idleTimer.clear();
    if (isTyping) this.#idleTimer.set(() => this.sendTyping(false), this.#timing.typingIdleMs);
    const isRepeat = isTyping === this.#isTyping;
    if (isRepeat && (!isTyping || Date.now() - this.#sentTypingAt < this.#timing.typingRepeatMs)) return;
    this.#isTyping = isTyping;
    this.#sentTypingAt = Date.now();
    if (this.#isPresent) this.#tell();
  }

  /** A keystroke: a person who is shown as typing still types. */
  keepTyping(): void {
    if (this.#isTyping) this.sendTyping(true);
  }

  close(): void {
    this.#stopTyping();
    this.#link = null;
  }

  get #isPresent(): boolean {
    return this.#isOpen || this.#isRecent;
  }

  #stopTyping(): void {
    this.#idleTimer.clear();
    this.#isTyping = false;
  }

  #change(apply: () => void): void {
    const before = this.#isPresent;
    apply();
    if (this.#isPresent !== before) {
      if (this.#isPresent) this.#tell();
      else this.#link?.setPresence(null);
    }
    this.#publish();
  }

  #tell(): void {
    this.#link?.setPresence({ user: { id: this.#self.id, name: this.#self.name }, typing: this.#isTyping });
  }

  #publish(): void {
    const next = readPresence(this.#states, this.#self, this.#link !== null && this.#isPresent);
    if (JSON.stringify(next) !== JSON.stringify(this.#view.get())) this.#view.set(next);
  }
}
