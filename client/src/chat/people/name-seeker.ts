/**
 * Asks the server for the names of authors whom this device does not know, also of tablos that are synced but were never opened here: these have
 * to be right without a network as well [R7]. The request does not reveal that this user was there [M6].
 *
 * One request covers many tablos, and no person is asked for twice while the page lives.
 */

import type { TabloId, UserId } from '@tablo/schema/ids';
import { PEOPLE_ASKED_MAX } from '@tablo/schema/limits';
import { Pace } from '../base/pace.ts';
import { Timer } from '../base/timer.ts';
import { ChatError } from '../chat.ts';
import type { NamedBySomebody } from './known-people.ts';

export interface Sought {
  readonly tabloId: TabloId;
  readonly id: UserId;
}

export interface NameSeekerOptions {
  readonly ask: (people: readonly Sought[]) => Promise<readonly NamedBySomebody[]>;
  readonly learn: (people: readonly NamedBySomebody[]) => void;
  /** The name has become known in another way meanwhile. */
  readonly isNamed: (id: UserId) => boolean;
  readonly gapMs: number;
}

/** After these, the same question may be answered later. */
const PASSING: readonly string[] = ['offline', 'unavailable', 'rate-limited', 'shutting-down', 'unauthenticated'];

export class NameSeeker {
  readonly #options: NameSeekerOptions;
  readonly #pace: Pace;
  readonly #wanted = new Map<string, Sought>();
  readonly #asked = new Set<string>();
  readonly #timer = new Timer();
  #isAsking = false;
  #isClosed = false;

  constructor(options: NameSeekerOptions) {
    this.#options = options;
    this.#pace = new Pace(options.gapMs);
    // Names are requested in many small portions, one for each tablo: the first request waits for all of them.
    this.#pace.noteStart();
  }

  want(sought: Sought): void {
    const key = `${sought.tabloId}:${sought.id}`;
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    this.#wanted.set(key, sought);
    this.askSoon();
  }

  /** Also called when the connection is back, for requests that failed. */
  askSoon(): void {
    if (this.#isClosed || this.#isAsking || this.#wanted.size === 0) return;
    this.#timer.setIfUnset(() => void this.#askNow(), this.#pace.waitMs());
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.clear();
  }

  async #askNow(): Promise<void> {
    const { ask, learn, isNamed } = this.#options;
    for (const [key, { id }] of this.#wanted) if (isNamed(id)) this.#wanted.delete(key);
    if (this.#wanted.size === 0) return;
    this.#isAsking = true;
    this.#pace.noteStart();
    const asked = [...this.#wanted].slice(0, PEOPLE_ASKED_MAX);
    let isAnswered = true;
    try {
      const people = await ask(asked.map(([, sought]) => sought));
      if (!this.#isClosed) learn(people);
    } catch (error) {
      // A final refusal means that one of these tablos is ours no more: the names come when a tablo is opened.
      isAnswered = !(error instanceof ChatError && PASSING.includes(error.code));
    }
    this.#isAsking = false;
    if (!isAnswered) return;
    for (const [key] of asked) this.#wanted.delete(key);
    this.askSoon();
  }
}
