/**
 * What is to be told to other servers. Gathered while the last of it is on its way: of each document its newest head, of each clientID its newest state. Nobody waits
 * for it, and what could not be said is lost: it is found in the database, or said again.
 */
import { type DocumentName, encodeDocumentName } from '@tablo/schema/document-name';
import { encodeHint, type HeadHint, type Hint, type NodeId, type PeopleHint, type PersonHint } from './hint.ts';
import { type Hints, MAX_HINT_BYTES } from './hints.ts';

/** A busy tablo's commits share hints. The first goes at once. */
const HEADS_EVERY_MS = 5;
/** Twenty times a second at the most. */
const PEOPLE_EVERY_MS = 50;
/** So much of who is here goes at once; the rest a little later. */
const PEOPLE_AT_ONCE = 16;
/** Room for what stands around a hint's parts. */
const PART_BYTES = MAX_HINT_BYTES - 100;

interface OutboxOptions {
  readonly node: NodeId;
  readonly hints: Pick<Hints, 'send'>;
  readonly onFailure: (error: unknown) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #plain: Hint[] = [];
  readonly #heads = new Map<string, HeadHint>();
  readonly #asked = new Map<string, DocumentName>();
  readonly #people = new Map<string, { readonly name: DocumentName; readonly people: Map<number, PersonHint> }>();
  #headsAt = -Infinity;
  #peopleAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** `hello`, `here`, `bye`: at once. */
  say(hint: Hint): void {
    this.#plain.push(hint);
    this.#pump();
  }

  sayHead(head: HeadHint): void {
    this.#heads.set(head.tabloId, head);
    this.#pump();
  }

  ask(name: DocumentName): void {
    this.#asked.set(encodeDocumentName(name), name);
    this.#pump();
  }

  sayPerson(name: DocumentName, person: PersonHint): void {
    const key = encodeDocumentName(name);
    const of = this.#people.get(key) ?? { name, people: new Map<number, PersonHint>() };
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
    const deadline = new Promise<void>((resolve) => void setTimeout(resolve, deadlineMs).unref());
    await Promise.race([deadline, this.#sending ?? Promise.resolve()]);
    if (last !== null) await Promise.race([deadline, this.#send([...this.#take(), last])]);
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
    await channel.send(hints.map((hint) => encodeHint(node, hint))).catch(onFailure);
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

  #take(): Hint[] {
    const now = performance.now();
    const hints = this.#plain.splice(0);
    if (this.#heads.size > 0 && now >= this.#headsAt + HEADS_EVERY_MS) {
      this.#headsAt = now;
      const heads = [...this.#heads.values()];
      this.#heads.clear();
      for (const portion of portions(heads, sizeOfHead)) hints.push({ type: 'log', heads: portion });
    }
    if (this.#people.size + this.#asked.size > 0 && now >= this.#peopleAt + PEOPLE_EVERY_MS) {
      this.#peopleAt = now;
      const asked = [...this.#asked.values()];
      this.#asked.clear();
      for (const portion of portions(asked, sizeOfHead)) hints.push({ type: 'who', documents: portion });
      hints.push(...this.#takePeople());
    }
    return hints;
  }

  #takePeople(): Hint[] {
    const single = [...this.#people.values()].flatMap(({ name, people }) =>
      [...people.values()].map((person) => ({ ...name, people: [person] })),
    );
    const all = portions(single, sizeOfPeople);
    this.#people.clear();
    // They wait for the next time; newer states of the same clientIDs take their places.
    for (const { tabloId, epoch, people } of all.slice(PEOPLE_AT_ONCE).flat())
      for (const person of people) {
        const name = { tabloId, epoch };
        const key = encodeDocumentName(name);
        const of = this.#people.get(key) ?? { name, people: new Map<number, PersonHint>() };
        this.#people.set(key, of);
        of.people.set(person.client, person);
      }
    return all.slice(0, PEOPLE_AT_ONCE).map((documents) => ({ type: 'people', documents: merge(documents) }));
  }
}

/** Of one document, in one piece. */
function merge(documents: readonly PeopleHint[]): readonly PeopleHint[] {
  const byName = Map.groupBy(documents, encodeDocumentName);
  return [...byName.values()].map((parts) => ({
    tabloId: (parts[0] as PeopleHint).tabloId,
    epoch: (parts[0] as PeopleHint).epoch,
    people: parts.flatMap(({ people }) => people),
  }));
}

const sizeOfHead = (): number => 80;
const sizeOfPeople = ({ people }: PeopleHint): number => 60 + Buffer.byteLength(JSON.stringify(people));

/** In their order, as many as fit into a hint. */
function portions<T>(items: readonly T[], sizeOf: (item: T) => number): T[][] {
  const result: T[][] = [];
  let left = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (result.length === 0 || size > left) {
      result.push([]);
      left = PART_BYTES;
    }
    result.at(-1)?.push(item);
    left -= size;
  }
  return result;
}
