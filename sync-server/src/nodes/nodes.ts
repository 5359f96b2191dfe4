/**
 * This server among the others on one database. What was committed here is hinted at, what was committed elsewhere is read; while nobody else is there, neither.
 *
 * Invariants
 * 1. [N2] A hint makes this server look into the database, and nothing else. Without any hint it looks once a second.
 * 2. [R6] While changes of memberships are not heard, nothing of others comes in: neither entries nor people.
 * 3. Nobody who commits, joins or shows themselves waits for a hint to be said.
 * 4. A hint counts once. Where one was lost, which the next one's number tells, everything is looked at, and everybody is asked who is there.
 */
import { randomBytes } from 'node:crypto';
import type { DocumentName } from '@tablo/schema/document-name';
import type { TabloId } from '@tablo/schema/ids';
import type { Log } from '../base/log.ts';
import type { LiveDocument } from '../ledger/store/live-document.ts';
import { CatchUp, type Cause } from './catch-up.ts';
import { type Hint, type NodeId, type PersonHint, parseHint } from './hint.ts';
import type { Hints } from './hints.ts';
import type { LogReader } from './log-reader.ts';
import { Outbox } from './outbox.ts';
import { Peers, SILENT_MS } from './peers.ts';

const LOOK_MS = 1_000;
const BEACON_MS = 3_000;
const COUNT_MS = 5_000;
/** A join waits so long for what others have committed; then it is answered with what is here, and the rest follows. */
const JOIN_MS = 1_000;
const BYE_MS = 300;
const NODE_BYTES = 9;

/** What connects this server with the others. */
export interface NodeLink {
  readonly hints: Hints;
  readonly reader: LogReader;
}

export interface NodesObserver {
  /** Rows that others committed came in. */
  onForeignRows(rows: number): void;
  onCatchUp(cause: Cause | 'commit'): void;
}

/** Who is here by this server's own sockets, and by others'. */
export interface PeopleHere {
  /** Says who is in these documents; null: in all. */
  tell(documents: readonly DocumentName[] | null): void;
  hear(node: NodeId, name: DocumentName, people: readonly PersonHint[]): void;
  /** It has gone, or is not heard any more. */
  forget(node: NodeId): void;
}

interface Deps {
  readonly link: NodeLink;
  /** Of this tablo, or of all. */
  readonly loaded: (tablo?: TabloId) => readonly LiveDocument[];
  readonly people: PeopleHere;
  /** Changes of memberships are heard, and those that were missed are known. */
  readonly mayShow: () => boolean;
  /** Somebody has written into it, at another server. */
  readonly onWritten: (document: LiveDocument) => void;
  readonly observer: NodesObserver;
  readonly log: Log;
}

export class Nodes {
  readonly #id: NodeId = randomBytes(NODE_BYTES).toString('base64url');
  readonly #deps: Deps;
  readonly #peers = new Peers();
  readonly #outbox: Outbox;
  readonly #catchUp: CatchUp;
  readonly #timers: NodeJS.Timeout[] = [];
  #unsubscribe = (): void => {};
  /** Hints were lost, and with them perhaps who is there. */
  #hasLost = false;
  #isClosed = false;

  constructor(deps: Deps) {
    const { link, log, observer, mayShow, onWritten } = deps;
    this.#deps = deps;
    this.#outbox = new Outbox({
      node: this.#id,
      hints: link.hints,
      onFailure: (error) => log.debug({ err: error }, 'A hint to other servers could not be said.'),
    });
    this.#catchUp = new CatchUp({
      reader: link.reader,
      mayShow,
      onRows: (document, rows, causes) => {
        onWritten(document);
        observer.onForeignRows(rows);
        for (const cause of causes) observer.onCatchUp(cause);
      },
      onFailure: (error) => {
        if (!this.#isClosed) log.warn({ err: error }, 'What other servers have committed could not be read.');
      },
    });
  }

  /** Other servers, as far as can be told. */
  get peers(): number {
    return this.#peers.count;
  }

  open(): void {
    this.#unsubscribe = this.#deps.link.hints.subscribe((text) => this.#hear(text));
    this.#timers.push(
      setInterval(() => this.#lookAgain(), LOOK_MS).unref(),
      setInterval(() => this.#tick(), BEACON_MS).unref(),
      setInterval(() => void this.#count(), COUNT_MS).unref(),
    );
    void this.#count();
    this.#outbox.say({ type: 'hello' });
  }

  /** Changes are heard again, and who may be here is known: what was missed meanwhile is read. */
  resume(): void {
    this.#greet({ type: 'hello' });
    void this.#count();
  }

  /** This server has committed. */
  published(changed: readonly LiveDocument[], moved: readonly LiveDocument[]): void {
    if (this.#peers.count === 0) return;
    for (const { tabloId, epoch, head } of changed) this.#outbox.sayHead({ tabloId, epoch, head });
    for (const { tabloId, epoch } of moved) this.#outbox.sayHead({ tabloId, epoch: epoch + 1, head: 0n });
  }

  /** A document came into memory: something may have been committed while it was read. */
  opened(document: LiveDocument): void {
    if (this.#peers.count === 0) return;
    void this.#catchUp.ask(document, 'look');
    this.#outbox.ask(document);
  }

  /** Waits until the document has what others have committed so far. Never rejects. */
  async catchUp(document: LiveDocument, cause: Cause): Promise<void> {
    if (this.#peers.count === 0) return;
    await within(this.#catchUp.ask(document, cause), JOIN_MS);
  }

  /** Somebody is here by a socket of this server, or has gone. */
  show(name: DocumentName, person: PersonHint): void {
    if (this.#peers.count > 0) this.#outbox.sayPerson(name, person);
  }

  /** No hints come in any more. */
  stop(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    for (const timer of this.#timers) clearInterval(timer);
    this.#catchUp.close();
  }

  /** When all sockets have gone: what is left to say is said. */
  async close(): Promise<void> {
    this.stop();
    await this.#outbox.close(this.#peers.count > 0 ? { type: 'bye' } : null, BYE_MS);
    await this.#deps.link.hints.close();
  }

  #look(cause: 'look' | 'lost' = 'look'): void {
    if (this.#peers.count === 0) return;
    for (const document of this.#deps.loaded()) void this.#catchUp.ask(document, cause);
  }

  #lookAgain(): void {
    if (this.#hasLost) this.#outbox.say({ type: 'who', documents: null });
    this.#hasLost = false;
    this.#look();
  }

  #tick(): void {
    for (const node of this.#peers.takeSilent()) this.#deps.people.forget(node);
    if (this.#peers.count === 0) return;
    // The others have forgotten a server that they did not hear for so long, and its people.
    if (performance.now() - this.#outbox.saidAt > SILENT_MS) this.#greet({ type: 'hello' });
    else this.#sayHere();
  }

  #sayHere(): void {
    this.#outbox.say({ type: 'here', heard: this.#peers.heard });
  }

  async #count(): Promise<void> {
    const before = this.#peers.count;
    try {
      this.#peers.look(await this.#deps.link.hints.countHearing());
    } catch {
      return; // The database is away: what was known last holds.
    }
    if (before === 0 && this.#peers.count > 0 && !this.#isClosed) this.#greet({ type: 'hello' });
  }

  #hear(text: string): void {
    const heard = parseHint(text);
    if (heard === null || heard.node === this.#id || this.#isClosed) return;
    const { node, nth, hint } = heard;
    const order = this.#peers.hear(node, nth);
    if (order === 'old') return;
    if (hint.type === 'bye') {
      this.#peers.forget(node);
      return this.#deps.people.forget(node);
    }
    if (order === 'new') this.#greet({ type: 'here', heard: this.#peers.heard });
    if (order === 'gap') {
      this.#hasLost = true;
      this.#look('lost');
    }
    this.#follow(node, hint);
  }

  /** Either may have missed what the other has said: this server's people are told, others' are asked for. */
  #greet(hint: Hint): void {
    this.#outbox.say(hint);
    this.#outbox.say({ type: 'who', documents: null });
    this.#deps.people.tell(null);
    this.#look();
  }

  #follow(node: NodeId, hint: Exclude<Hint, { type: 'bye' }>): void {
    const { people, loaded, mayShow } = this.#deps;
    switch (hint.type) {
      case 'hello':
        this.#sayHere();
        return people.tell(null);
      case 'here':
        // Whom it said to be there before that counted for nothing.
        if (hint.heard.includes(this.#id) && this.#peers.meet(node)) this.#outbox.say({ type: 'who', documents: null });
        return;
      case 'log':
        for (const { tabloId, epoch, head } of hint.heads)
          for (const document of loaded(tabloId))
            if (epoch > document.epoch || (epoch === document.epoch && head > document.head))
              void this.#catchUp.ask(document, 'hint');
        return;
      case 'who':
        return people.tell(hint.documents);
      case 'people':
        if (!mayShow() || !this.#peers.hasMet(node)) return;
        for (const { tabloId, epoch, people: who } of hint.documents) people.hear(node, { tabloId, epoch }, who);
        return;
    }
  }
}

async function within(act: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms).unref();
  await Promise.race([act, late.promise]);
  clearTimeout(timer);
}
