/**
 * [R10] What of one tablo is read: brings together what is known of its numbers (`seq-knowledge.ts`, `stream-watch.ts`), what is unread (`read-marker.ts`, `unseen.ts`),
 * what the reader has said of it (`early-dismissal.ts`), and whether the server may be told.
 */
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { inBackground } from '../base/report-error.ts';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import type { Reached } from '../chat.ts';
import type { RoomHome } from '../replica/room-home.ts';
import type { Api } from '../session/api.ts';
import type { ChannelRecords } from '../unread/channel-records.ts';
import { EarlyDismissal, type EarlyDismissalHost } from '../unread/early-dismissal.ts';
import { GapDetector } from '../unread/gap-detector.ts';
import { ReadMarker } from '../unread/read-marker.ts';
import { SeqKnowledge } from '../unread/seq-knowledge.ts';
import { confirmReadPosition, doubtReadPosition, type UnreadAnswer } from '../unread/unread.ts';
import { Unseen } from '../unread/unseen.ts';
import type { RoomScreen } from '../view/room-screen.ts';
import type { Dispatch } from './room-event.ts';

export interface ReadingParts {
  readonly tabloId: TabloId;
  readonly user: UserId;
  readonly api: Api;
  readonly book: ChannelRecords;
  readonly timing: Timing;
  readonly home: RoomHome;
  readonly screen: RoomScreen;
  readonly room: {
    readonly isOpen: boolean;
    /** Nothing more will be known of it. */
    readonly isShut: boolean;
  };
  readonly dispatch: Dispatch<'list-wanted' | 'read-reportable' | 'idle'>;
}

export class RoomReading implements EarlyDismissalHost {
  readonly keptMs: number;
  readonly unseen: Unseen;
  readonly stream: GapDetector;
  readonly #parts: ReadingParts;
  readonly #seqs = new SeqKnowledge();
  readonly #marker: ReadMarker;
  readonly #early: EarlyDismissal;
  #isReadWished = false;
  /** The join has brought what was written since the list was asked: only the next answer counts it. */
  #isBehindList = false;
  #isInAgreement = false;
  readonly #agreementTimer = new Timer();

  constructor(parts: ReadingParts) {
    const { tabloId, user, book, timing, home, screen } = parts;
    this.#parts = parts;
    this.keptMs = timing.dismissalKeptMs;
    this.stream = new GapDetector(this.#seqs, home, timing.missedMs);
    this.unseen = new Unseen({ ...parts, news: screen.news });
    this.#marker = new ReadMarker({
      ...{ tabloId, reader: user, book, screen, seqs: this.#seqs },
      timeline: screen.timeline,
      unseen: this.unseen,
    });
    this.#early = new EarlyDismissal(this);
  }

  /** Something is still to be done here that no view waits for. */
  get isAwaited(): boolean {
    return this.#early.isKept;
  }

  /** Joined, and the server has taken what this device holds: it was not restored from a backup of before. */
  get isInAgreement(): boolean {
    return this.#isInAgreement;
  }

  markRead(): void {
    // What the join has just brought has no numbers yet. The server's answer tells what of it is new, and whoever has looked has not seen where that begins.
    this.#isReadWished = this.unseen.isUncertain;
    if (this.#isReadWished) return;
    this.#marker.markRead();
    this.#parts.screen.news.read();
  }

  /** The reader's own word, which counts at once: also while the server has not told what a join has brought. Before anything is known it is kept, also for who has left. */
  dismissNew(): void {
    this.#isReadWished = false;
    this.#early.said();
    this.dismiss();
  }

  async reachFirst(): Promise<Reached> {
    const { screen } = this.#parts;
    await this.unseen.seekFirst();
    const first = screen.news.first([]);
    if (first === null) return 'unreachable';
    const reached = await screen.reach(first.id, null);
    // Asked again, it leads to the one after it.
    if (reached === 'gone') screen.news.forget(first.id);
    return reached;
  }

  /** Whoever has left does not see what the answer tells. */
  released(): void {
    this.#isReadWished = false;
  }

  /** The list has told what is unread. */
  answered(answer: UnreadAnswer, askedAtSeq: number): void {
    const { room, screen } = this.#parts;
    this.unseen.answered(answer);
    // If it could not be asked before: the server answers.
    if (room.isOpen) inBackground(screen.verify());
    this.#marker.answered(answer, askedAtSeq);
    const isReadWished = this.#isReadWished;
    this.#isReadWished = false;
    // If something is new, they have not seen where it begins: then it is for them to say again.
    if (isReadWished && !screen.news.isUnread) this.markRead();
    this.#early.look();
    screen.publish();
  }

  /** The server was restored from a backup. */
  renumbered(): void {
    this.#seqs.renumber();
    this.unseen.renumbered();
  }

  /** It refuses what it had shown us: its numbers mean other messages now. */
  doubt(): void {
    const { book, tabloId } = this.#parts;
    book.update(tabloId, doubtReadPosition);
  }

  joined(): void {
    const { book, tabloId, timing, dispatch } = this.#parts;
    this.stream.joined(book.get(tabloId)?.lastSeq ?? 0);
    this.unseen.joined();
    this.#early.look();
    if (this.#isBehindList) dispatch({ type: 'list-wanted' });
    this.#isBehindList = false;
    // A count that misses an answer never comes to zero; who is refused has heard of it by then.
    this.#agreementTimer.setIfUnset(() => this.acknowledged(), timing.askHeldMs);
  }

  /** `heardAt`: when the server was heard last, ms since the Unix epoch. */
  lost(heardAt: number): void {
    this.#isInAgreement = false;
    this.unseen.lost(heardAt);
    this.stream.left();
    this.#agreementTimer.clear();
  }

  /** The server has taken what we sent. */
  acknowledged(): void {
    const { home, book, tabloId, dispatch } = this.#parts;
    this.#isInAgreement = home.isReady;
    if (this.#isInAgreement && book.get(tabloId)?.pendingRead != null) dispatch({ type: 'read-reportable' });
  }

  /** `committed` named these, from number `first` on. */
  numbered(first: number, messages: readonly EntryId[]): void {
    this.stream.heard(first, messages.length);
    this.#marker.numbered(messages.map((id, index) => ({ id, seq: first + index })));
  }

  /** The server says how far we have read, on whatever device. */
  confirmed(seq: number): void {
    const { book, tabloId, screen } = this.#parts;
    book.update(tabloId, (record) => confirmReadPosition(record, seq));
    screen.publish();
  }

  /** These came in the document, and are shown. `isNewest`: the newest message of the list is another one by them. */
  received(entries: readonly Entry[], isNewest: boolean): void {
    this.unseen.received();
    if (!this.#parts.home.isReady && isNewest) this.#isBehindList = true;
    for (const entry of entries) {
      if (entry.kind === 'message') this.#marker.arrived(entry.id, entry.author);
      if (entry.kind === 'delete') this.#deleted(entry.target);
    }
  }

  isKnown(): boolean {
    return this.#parts.home.isReady && this.unseen.isAnswered;
  }

  isShut(): boolean {
    return this.#parts.room.isShut;
  }

  dismiss(): void {
    const { news } = this.#parts.screen;
    this.#marker.markRead();
    news.read();
    news.clear();
  }

  onIdle(): void {
    this.#parts.dispatch({ type: 'idle' });
  }

  /** The tablo is not ours any more. */
  shut(): void {
    this.#early.drop();
  }

  close(): void {
    this.shut();
    this.#agreementTimer.clear();
  }

  #deleted(target: EntryId): void {
    const { book, tabloId, screen, dispatch } = this.#parts;
    screen.news.forget(target);
    if (book.get(tabloId)?.lastMessage?.id === target) dispatch({ type: 'list-wanted' });
    this.#marker.deleted(target);
  }
}
