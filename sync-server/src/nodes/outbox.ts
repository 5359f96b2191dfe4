/**
 * What is to be told to other servers. Gathered while the last of it is on its way: of each tablo its newest head, of each clientID its newest state. Nobody waits
 * for it, and what could not be said is lost: it is found in the database, or said again.
 *
 * Invariants
 * 1. What waits is bounded, and what is taken of it costs by what is taken, not by what waits.
 * 2. Hints are numbered in the order in which they are sent. Where heads were dropped a number is left out: the others notice, and look.
 */
import { type DocumentName, encodeDocumentName } from '@tablo/schema/document-name';
import { encodeHint, type HeadHint, type Hint, type NodeId, type PeopleHint, type PersonHint } from './hint.ts';
import { type Hints, MAX_HINT_BYTES } from './hints.ts';

/** A busy tablo's commits share hints. The first goes at once. */
const HEADS_EVERY_MS = 5;
/** Twenty times a second at the most. */
const PEOPLE_EVERY_MS = 50;
/** So much goes at once, in hints; the rest a little later. */
const HEADS_AT_ONCE = 64;
const PEOPLE_AT_ONCE = 16;
/** Of each kind: heads, documents that are asked about, people. */
export const WAITING_MAX = 20_000;
/** Room for what stands around a hint's parts. */
const PART_BYTES = MAX_HINT_BYTES - 100;
/** A tablo, an epoch and a head; or what stands around the people of one document. */
const NAME_BYTES = 80;

interface OutboxOptions {
  readonly node: NodeId;
  readonly hints: Pick<Hints, 'send'>;
  readonly onFailure: (error: unknown) => void;
}

interface PeopleOf {
  readonly name: DocumentName;
  readonly people: Map<number, PersonHint>;
}

export class Outbox {
  readonly #options: OutboxOptions;
  /** By what they ask or say: twice the same is said once. */
  readonly #plain = new Map<string, Hint>();
  readonly #heads = new Map<string, HeadHint>();
  readonly #asked = new Map<string, DocumentName>();
  readonly #people = new Map<string, PeopleOf>();
  /** In `#people`. */
  #persons = 0;
  /** Of the last hint. */
  #nth = 0;
  #saidAt = -Infinity;
  #headsAt = -Infinity;
  #peopleAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** When something was said last, by `performance.now()`. */
  get saidAt(): number {
    return this.#saidAt;
  }

  /** `hello`, `here`, `who` is where: at once. */
  say(hint: Hint): void {
    this.#plain.set(hint.type, hint);
    this.#pump();
  }

  sayHead(head: HeadHint): void {
    if (this.#heads.size >= WAITING_MAX && !this.#heads.has(head.tabloId)) this.#nth += 1;
    else this.#heads.set(head.tabloId, head);
    this.#pump();
  }

  ask(name: DocumentName): void {
    if (this.#asked.size >= WAITING_MAX) {
      this.#asked.clear();
      return this.say({ type: 'who', documents: null });
    }
    this.#asked.set(encodeDocumentName(name), name);
    this.#pump();
  }

  sayPerson(name: DocumentName, person: PersonHint): void {
    const key = encodeDocumentName(name);
    const of: PeopleOf = this.#people.get(key) ?? { name, people: new Map() };
    const isNew = !of.people.has(person.client);
    // Who is here says so again before long.
    if (isNew && this.#persons >= WAITING_MAX) return;
    if (isNew) this.#persons += 1;
    of.people.set(person.client, person);
    this.#people.set(key, of);
    this.#pump();
  }

  /** What was committed goes now, and `last` behind it, within `deadlineMs`. */
  async close(last: Hint | null, deadlineMs: number): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#headsAt = -Infinity;
    this.#people.clear();
    this.#asked.clear();
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(deadline.resolve, deadlineMs);
    await Promise.race([deadline.promise, this.#sending ?? Promise.resolve()]);
    if (last !== null) await Promise.race([deadline.promise, this.#send([...this.#take(), last])]);
    clearTimeout(timer);
  }

  #pump(): void {
    if (this.#sending !== null || this.#isClosed) return;
    const hints = this.#take();
    if (hints.length === 0) return this.#wait();
    this.#sending = this.#send(hints).finally(() => {
      this.#sending = null;
      this.#pump();
    });
  }

  async #send(hints: readonly Hint[]): Promise<void> {
    const { node, hints: channel, onFailure } = this.#options;
    if (hints.length === 0) return;
    const texts = hints.map((hint) => {
      this.#nth += 1;
      return encodeHint(node, this.#nth, hint);
    });
    try {
      await channel.send(texts);
      this.#saidAt = performance.now();
    } catch (error) {
      onFailure(error);
    }
  }

  /** Until something that is kept may go. */
  #wait(): void {
    const now = performance.now();
    const dues = [
      ...(this.#heads.size > 0 ? [this.#headsAt + HEADS_EVERY_MS] : []),
      ...(this.#people.size + this.#asked.size > 0 ? [this.#peopleAt + PEOPLE_EVERY_MS] : []),
    ];
    clearTimeout(this.#timer);
    if (dues.length > 0) this.#timer = setTimeout(() => this.#pump(), Math.max(0, Math.min(...dues) - now)).unref();
  }

  /** What may go now. */
  #take(): Hint[] {
    const now = performance.now();
    const hints: Hint[] = [...this.#plain.values()];
    this.#plain.clear();
    if (this.#heads.size > 0 && now >= this.#headsAt + HEADS_EVERY_MS) {
      this.#headsAt = now;
      for (const heads of takeFirst(this.#heads, HEADS_AT_ONCE)) hints.push({ type: 'log', heads });
    }
    if (this.#people.size + this.#asked.size > 0 && now >= this.#peopleAt + PEOPLE_EVERY_MS) {
      this.#peopleAt = now;
      for (const documents of takeFirst(this.#asked, PEOPLE_AT_ONCE)) hints.push({ type: 'who', documents });
      for (const documents of this.#takePeople()) hints.push({ type: 'people', documents });
    }
    return hints;
  }

  /** The rest stays where it is; newer states of the same clientIDs take their places. */
  #takePeople(): readonly (readonly PeopleHint[])[] {
    const hints: PeopleHint[][] = [];
    let left = 0;
    for (const [key, { name, people }] of this.#people) {
      let taken: PersonHint[] | null = null;
      for (const [client, person] of people) {
        const size = Buffer.byteLength(JSON.stringify(person));
        if (hints.length === 0 || size + (taken === null ? NAME_BYTES : 0) > left) {
          if (hints.length === PEOPLE_AT_ONCE) return hints;
          hints.push([]);
          left = PART_BYTES;
          taken = null;
        }
        if (taken === null) {
          taken = [];
          hints.at(-1)?.push({ ...name, people: taken });
          left -= NAME_BYTES;
        }
        taken.push(person);
        left -= size;
        people.delete(client);
        this.#persons -= 1;
      }
      this.#people.delete(key);
    }
    return hints;
  }
}

/** Those that have waited longest, as many as fit into so many hints. */
function takeFirst<T>(waiting: Map<string, T>, hints: number): T[][] {
  const inOne = Math.floor(PART_BYTES / NAME_BYTES);
  const taken: T[][] = [];
  for (const [key, one] of waiting) {
    if (taken.length === 0 || taken.at(-1)?.length === inOne) {
      if (taken.length === hints) break;
      taken.push([]);
    }
    taken.at(-1)?.push(one);
    waiting.delete(key);
  }
  return taken;
}
