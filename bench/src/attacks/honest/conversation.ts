/** Honest people in one tablo, who chat by socket and now and then by REST, whatever else happens to the server. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Seat } from '../../load/load-client.ts';
import { HonestPerson } from './honest-person.ts';
import { Phase, type PhaseResult } from './phase.ts';

/** Between two messages of one person: below the rate limit, and often enough for a 99th percentile. */
const SAY_EVERY_MS = 400;
/** Between two requests of somebody. */
const ASK_EVERY_MS = 500;
const ANSWER_DEADLINE_MS = 15_000;
const SETTLE_DEADLINE_MS = 15_000;
const JOIN_DEADLINE_MS = 20_000;
const LOOK_MS = 20;

export class Conversation {
  readonly #http: string;
  readonly #seats: readonly Seat[];
  readonly #people: readonly HonestPerson[];
  readonly #timers: NodeJS.Timeout[] = [];
  #phase: Phase;

  private constructor(http: string, seats: readonly Seat[]) {
    this.#http = http;
    this.#seats = seats;
    this.#phase = this.#newPhase();
    const phases = new Map<string, Phase>();
    this.#people = seats.map(
      (seat) =>
        new HonestPerson(seat, {
          onSeen: (id) => phases.get(id)?.noteSeen(id),
          onAcknowledged: (id) => phases.get(id)?.noteAcknowledged(id),
          onTrouble: (what) => this.#phase.noteFailure(what),
        }),
    );
    this.#people.forEach((person, nth) => {
      const say = (): void => {
        const id = person.say();
        phases.set(id, this.#phase);
        this.#phase.noteSent(id);
      };
      // One after the other, not all in the same millisecond.
      const start = setTimeout(
        () => this.#timers.push(setInterval(say, SAY_EVERY_MS)),
        (nth * SAY_EVERY_MS) / seats.length,
      );
      this.#timers.push(start);
    });
    let asked = 0;
    const ask = (): void => {
      asked += 1;
      void this.#ask(asked);
    };
    this.#timers.push(setInterval(ask, ASK_EVERY_MS));
  }

  static async open(http: string, seats: readonly Seat[]): Promise<Conversation> {
    const conversation = new Conversation(http, seats);
    const everybody = Promise.all(conversation.#people.map((person) => person.joined())).then(() => true);
    if (!(await Promise.race([everybody, delay(JOIN_DEADLINE_MS, false, { ref: false })]))) {
      conversation.close();
      throw new Error('The honest people could not join their tablo in time.');
    }
    return conversation;
  }

  /** What is said from now on, for so long, and what becomes of it. */
  async measure(during: Promise<unknown>): Promise<PhaseResult> {
    const phase = this.#newPhase();
    this.#phase = phase;
    await during;
    this.#phase = this.#newPhase();
    const deadline = performance.now() + SETTLE_DEADLINE_MS;
    while (!phase.isSettled && performance.now() < deadline) await delay(LOOK_MS);
    return phase.finish();
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const person of this.#people) person.close();
  }

  #newPhase(): Phase {
    return new Phase(this.#seats.length - 1);
  }

  async #ask(nth: number): Promise<void> {
    const phase = this.#phase;
    const { token, tabloId } = this.#seats[nth % this.#seats.length] as Seat;
    const startedAt = performance.now();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(ANSWER_DEADLINE_MS);
    const isPost = nth % 2 === 0;
    try {
      const answer = isPost
        ? await fetch(`${this.#http}/chat/channels/${tabloId}/messages`, {
            ...{ method: 'POST', body: JSON.stringify({ text: 'by a bot' }), headers, signal },
          })
        : await fetch(`${this.#http}/chat/channels`, { headers, signal });
      await answer.arrayBuffer();
      if (!answer.ok) phase.noteFailure(`${isPost ? 'POST' : 'GET'} ${answer.status}`);
    } catch {
      phase.noteFailure(isPost ? 'POST without an answer' : 'GET without an answer');
    }
    phase.noteRest(performance.now() - startedAt);
  }
}
