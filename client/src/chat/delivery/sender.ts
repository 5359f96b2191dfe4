/**
 * Decides when a tablo's own entries are pushed on its document, and what a refusal means. Knows neither Yjs nor the socket.
 *
 * Invariants
 * 1. Nothing is pushed before the server has said (or had its time to say) which entries it holds already; and nothing after a message was rewritten
 *    before it has said so of that one: another tab may have sent it, and both texts would be there.
 * 2. One refused entry never blocks later ones [R8]. What the server has taken out of the document is what it refused, and all else goes on. A refusal that takes
 *    nothing out is about an update as a whole: if it names several entries, or none, it is narrowed down by halves, one half on its way at a time.
 * 3. After a refusal that takes nothing out the document is replaced (a refused update leaves a gap in its clientID's clock, TRAPS 1.2).
 * 4. A refusal that names nothing of ours, of what belongs to somebody else, is about what this device has stored (a restored backup): nothing is blamed for it.
 * 5. Durable is what the server has named [R1]. A provider's count of acknowledgements is not believed: a repeated question of the server's makes it reach
 *    zero early. For what is on its way for long, the server is asked.
 */
import { Backoff } from '@tablo/schema/backoff';
import { createRefusal, REASONS, type ReasonCode, type Refusal } from '@tablo/schema/close-codes';
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import type { Home } from '../replica/room-home.ts';

/** Far below what the server takes, so that a long backlog shows progress and other tablos get their turn. */
const CHUNK_ENTRIES = 500;
const CHUNK_BYTES = 512 * 1024;
/** On their way at a time. After a cut all of them go again as one update, and a frame that is too large for the server ends every next socket too (TRAPS 1.4). */
const MAX_HELD_BYTES = 2 * 1024 * 1024;
const CHECK_IDS = 10_000;
/** Pushed again into a newer document, an entry stands there without what has changed it since: better to ask again than to push unasked. */
const CHECKS = 4;

/** A tablo's own entries. */
export interface SenderEntries {
  /** Pending entries for this tab to push, in order, that the document does not hold. */
  pushable(): readonly MemberEntry[];
  /** On the document by our own push, not known to be durable. */
  held(): readonly EntryId[];
  /** Whose fate must be asked before anything is pushed. */
  doubtful(): readonly EntryId[];
  /** Of these, what another entry stands in for by now. */
  replaced(): readonly EntryId[];
  /** What the server has taken out of this document: refused, for a reason that it tells next. */
  takenOut(): readonly EntryId[];
  /** They are not held any more, if they were. */
  release(ids: readonly EntryId[]): void;
  push(entries: readonly MemberEntry[]): void;
  rehome(home: Home): void;
}

export interface SenderHost {
  check(ids: readonly EntryId[]): void;
  refuse(ids: readonly EntryId[], refusal: Refusal): void;
  moveEpoch(): void;
  expireToken(): void;
}

export class Sender {
  readonly #own: SenderEntries;
  readonly #host: SenderHost;
  readonly #timing: Timing;
  readonly #encoder = new TextEncoder();
  readonly #backoff: Backoff;
  #phase: 'away' | 'checking' | 'open' = 'away';
  #isJoined = false;
  #asked = new Set<EntryId>();
  /** What had been replaced when the server was last asked. */
  #askedReplaced: ReadonlySet<EntryId> = new Set();
  /** Bytes of what is on its way. */
  #held = new Map<EntryId, number>();
  #answersLeft = 0;
  /** Entries among which a refused one hides: pushed group by group, alone. */
  #suspects: (readonly EntryId[])[] = [];
  readonly #checkTimer = new Timer();
  readonly #holdTimer = new Timer();
  readonly #askTimer = new Timer();
  #authRefusals = 0;

  constructor(own: SenderEntries, host: SenderHost, timing: Timing) {
    this.#own = own;
    this.#host = host;
    this.#timing = timing;
    this.#backoff = new Backoff(timing.retryMinMs, timing.retryMaxMs);
  }

  /** Joined and synced. */
  joined(): void {
    this.#isJoined = true;
    // Refused, and the reason got lost with the link: they go again, and are refused again.
    this.#own.release(this.#own.takenOut());
    this.#askLater();
    // What holds back holds questions back, too: or a limit on these would be run into as fast as the link allows.
    if (!this.#holdTimer.isSet) this.#checkAll(1);
  }

  #checkAll(nth: number): void {
    const ids = [...this.#own.doubtful()];
    this.#asked = new Set(ids);
    this.#askedReplaced = new Set(this.#own.replaced());
    this.#answersLeft = Math.ceil(ids.length / CHECK_IDS);
    if (ids.length === 0) return this.#open();
    this.#phase = 'checking';
    for (let from = 0; from < ids.length; from += CHECK_IDS) this.#host.check(ids.slice(from, from + CHECK_IDS));
    this.#stopChecking();
    this.#checkTimer.set(() => (nth < CHECKS ? this.#checkAll(nth + 1) : this.#open()), this.#timing.checkAnswerMs);
  }

  left(): void {
    this.#isJoined = false;
    this.#phase = 'away';
    this.#stopChecking();
    this.#askTimer.clear();
  }

  close(): void {
    this.left();
    this.#stopHolding();
  }

  /** Entries of ours are durable: the way is free. */
  confirmed(): void {
    this.#backoff.reset();
    this.#authRefusals = 0;
    this.flush();
  }

  /** After the room has settled what `committed` names. Returns whether this was the whole answer to `check`. */
  committed(messages: readonly string[], others: readonly string[]): boolean {
    const isAnswer =
      this.#phase === 'checking' && messages.length === 0 && others.every((id) => this.#asked.has(id as EntryId));
    if (isAnswer) this.#answersLeft -= 1;
    return isAnswer && this.#answersLeft <= 0;
  }

  /** The answer has come and has been dealt with. */
  answered(): void {
    if (this.#phase === 'checking') this.#open();
  }

  refused(code: ReasonCode, message: string, ids: readonly string[]): void {
    const takenOut = this.#own.takenOut();
    if (ids.length > 0 && ids.every((id) => takenOut.includes(id as EntryId)))
      return this.#refuseTakenOut(ids as readonly EntryId[], createRefusal(code, message));
    const held = this.#own.held();
    const named = held.filter((id) => ids.includes(id));
    const isOfOthers = code === 'not-your-entry' && ids.length === 0;
    const isQuestion = this.#phase === 'checking' && ids.length === 0 && held.length === 0;
    this.#phase = 'away';
    if (code === 'epoch-moved') return this.#host.moveEpoch();
    switch (REASONS[code].recovery) {
      case 'never':
        this.#host.refuse(named.length > 0 ? named : held, createRefusal(code, message));
        break;
      case 'backoff':
        this.#holdBack();
        // Nothing of ours was on its way but a question: asked again later, in the same place.
        if (isQuestion) return this.#stopChecking();
        break;
      case 'reauthenticate':
        this.#host.expireToken();
        this.#authRefusals += 1;
        if (this.#authRefusals > 1) this.#holdBack();
        break;
      case 'resync':
        // Nothing of ours was on its way: what is refused is what this device had stored, which the server no longer knows (a restored backup).
        if (held.length === 0 || ids.some((id) => !held.includes(id as EntryId)) || isOfOthers) {
          this.#holdBack();
          return this.#own.rehome('empty');
        }
        this.#narrow(named.length > 0 ? named : held, createRefusal(code, message));
        break;
    }
    this.#own.rehome('stored');
  }

  /** Nothing is missing in the document: it is kept, and what came after them is on its way. */
  #refuseTakenOut(ids: readonly EntryId[], refusal: Refusal): void {
    this.#own.release(ids);
    this.#host.refuse(ids, refusal);
    // What else becomes of them is asked, as after a join: one may have been taken back meanwhile.
    if (this.#phase === 'open' && !this.#holdTimer.isSet) this.#checkAll(1);
  }

  /** Pushes what may be pushed now. Called whenever something changed. */
  flush(): void {
    if (this.#phase !== 'open' || this.#holdTimer.isSet) return;
    if (this.#own.replaced().some((id) => !this.#askedReplaced.has(id))) return this.#checkAll(1);
    const entries = this.#own.pushable();
    if (this.#suspects.length > 0) return this.#pushSuspects(entries);
    this.#held = new Map(this.#own.held().map((id) => [id, this.#held.get(id) ?? 0]));
    let heldBytes = [...this.#held.values()].reduce((sum, bytes) => sum + bytes, 0);
    for (const { chunk, bytes } of this.#chunks(entries)) {
      // The rest when these are confirmed.
      if (heldBytes > 0 && heldBytes + bytes > MAX_HELD_BYTES) return;
      heldBytes += bytes;
      for (const { id } of chunk) this.#held.set(id, bytes / chunk.length);
      this.#push(chunk);
    }
  }

  retryNow(): void {
    this.#stopHolding();
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isJoined && this.#phase === 'away') this.#checkAll(1);
    else this.flush();
  }

  #open(): void {
    this.#stopChecking();
    this.#phase = 'open';
    this.flush();
  }

  #push(entries: readonly MemberEntry[]): void {
    this.#own.push(entries);
    this.#askLater();
  }

  #askLater(): void {
    this.#askTimer.setIfUnset(() => {
      const held = this.#own.held();
      if (held.length === 0) return;
      this.#host.check(held.slice(0, CHECK_IDS));
      this.#askLater();
    }, this.#timing.askHeldMs);
  }

  #pushSuspects(entries: readonly MemberEntry[]): void {
    if (this.#own.held().length > 0) return;
    while (this.#suspects.length > 0) {
      const group = new Set(this.#suspects[0]);
      const left = entries.filter((entry) => group.has(entry.id));
      if (left.length > 0) return this.#push(left);
      this.#suspects.shift();
    }
    this.flush();
  }

  #narrow(suspects: readonly EntryId[], refusal: Refusal): void {
    if (this.#suspects.length > 0) this.#suspects.shift();
    if (suspects.length === 1) return this.#host.refuse(suspects, refusal);
    const middle = Math.ceil(suspects.length / 2);
    const halves = [suspects.slice(0, middle), suspects.slice(middle)].filter((half) => half.length > 0);
    this.#suspects = [...halves, ...this.#suspects];
  }

  /** One by one: of a long backlog only what may go now is looked at. */
  *#chunks(
    entries: readonly MemberEntry[],
  ): Generator<{ readonly chunk: readonly MemberEntry[]; readonly bytes: number }> {
    let chunk: MemberEntry[] = [];
    let bytes = 0;
    for (const entry of entries) {
      const size = this.#encoder.encode(JSON.stringify(entry)).length;
      if (chunk.length >= CHUNK_ENTRIES || (chunk.length > 0 && bytes + size > CHUNK_BYTES)) {
        yield { chunk, bytes };
        chunk = [];
        bytes = 0;
      }
      chunk.push(entry);
      bytes += size;
    }
    if (chunk.length > 0) yield { chunk, bytes };
  }

  #holdBack(): void {
    this.#stopHolding();
    this.#holdTimer.set(() => {
      this.#goOn();
    }, this.#backoff.nextMs());
  }

  #stopChecking(): void {
    this.#checkTimer.clear();
  }

  #stopHolding(): void {
    this.#holdTimer.clear();
  }
}
