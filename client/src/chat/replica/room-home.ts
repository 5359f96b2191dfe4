/**
 * Where a tablo's document lives: which epoch, which Y.Doc, which link. Whatever makes a document unusable leads to a move: a new Y.Doc with a new
 * clientID, and a new link. Moves run one at a time; a move that is requested during another one follows it.
 */
import { Backoff } from '@tablo/schema/backoff';
import { createRefusal, isReasonCode, REASONS, type ReasonCode, type Refusal } from '@tablo/schema/close-codes';
import { encodeDocumentName } from '@tablo/schema/document-name';
import type { Entry } from '@tablo/schema/entry';
import type { TabloId } from '@tablo/schema/ids';
import { inBackground, reportProblem } from '../base/report-error.ts';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import type { Link, LinkEvent, LinkOpener } from '../link/link.ts';
import type { LocalStore } from '../store/local-store.ts';
import { RoomDocument } from './room-document.ts';

/** Where a new document comes from. */
export type Home =
  /** From what this device has stored, which is durable only. */
  | 'stored'
  /** From the server alone: it has refused what we have stored. */
  | 'empty';

export type HomeEvent =
  | { readonly type: 'entries'; readonly entries: readonly Entry[] }
  | { readonly type: 'erased'; readonly gone: readonly Entry[] }
  /** `isFresh`: the document was empty before this join. */
  | { readonly type: 'ready'; readonly isFresh: boolean }
  | { readonly type: 'denied'; readonly refusal: Refusal }
  | { readonly type: 'epoch-moved' }
  /** `null`: there is none any more. */
  | { readonly type: 'link'; readonly link: Link | null }
  /** As the link tells it; *lost* means not joined any more, for whatever reason. */
  | Exclude<LinkEvent, { type: 'ready' | 'ended' }>;

/** Nothing may be pushed during a move, which goes on when these are done. */
export type MoveStep =
  /** `document` is left for one of another epoch; of an earlier one when the server was restored from a backup. */
  | { readonly type: 'leaving'; readonly document: RoomDocument; readonly isForEarlier: boolean }
  /** The document at hand is another one, filled with what is stored. */
  | { readonly type: 'entered' };

export interface HomeOptions {
  readonly tabloId: TabloId;
  readonly store: LocalStore;
  readonly links: LinkOpener;
  readonly timing: Timing;
  readonly tabs: { readonly isFirst: boolean };
  readonly dispatch: (event: HomeEvent) => void;
  readonly takeStep: (step: MoveStep) => Promise<void>;
}

interface Move {
  readonly epoch: number;
  readonly home: Home;
  /** Done while nothing is joined. */
  readonly prepare: readonly (() => Promise<void>)[];
}

export class RoomHome {
  readonly #options: HomeOptions;
  readonly #backoff: Backoff;
  #epoch = 0;
  #document: RoomDocument | null = null;
  #link: Link | null = null;
  #isUrgent = false;
  /** No link is wanted: the tablo is closed to us, or we are closing. */
  #isShut = false;
  #isFresh = false;
  #isFilling = false;
  /** Where the last move asked for leads. */
  #target = 0;
  #wanted: Move | null = null;
  #moving: Promise<void> | null = null;
  #denials = 0;
  readonly #rejoinTimer = new Timer();
  readonly #gapTimer = new Timer();

  constructor(options: HomeOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.timing.retryMinMs, options.timing.retryMaxMs);
  }

  get document(): RoomDocument | null {
    return this.#document;
  }

  get link(): Link | null {
    return this.#link;
  }

  get isReady(): boolean {
    return this.#link?.isReady ?? false;
  }

  /** A large frame is on its way to us. */
  get isReceiving(): boolean {
    return this.#link?.isReceiving ?? false;
  }

  /** The document is being filled from nothing: what comes may have been written long ago. */
  get isFilling(): boolean {
    return this.#isFilling;
  }

  get isMoving(): boolean {
    return this.#moving !== null;
  }

  setUrgent(isUrgent: boolean): void {
    this.#isUrgent = isUrgent;
    if (this.#link !== null) this.#link.isUrgent = isUrgent;
  }

  /** To the document of `epoch`; resolves when what is stored of it is shown. */
  async enter(epoch: number): Promise<void> {
    if (epoch !== this.#target) await this.#move({ epoch, home: 'stored', prepare: [] });
    else await this.#moving;
  }

  /** `prepare` is done before the next join, whatever becomes of the move. */
  rehome(home: Home, prepare?: () => Promise<void>): void {
    if (this.#target === 0) return inBackground(Promise.resolve(prepare?.()));
    // A move that is under way ends in a new document anyhow, and one that the server is still filling is new.
    if (prepare === undefined && home === 'stored' && (this.#moving !== null || this.#isFresh)) return;
    // What is stored of one that is being filled is what the server has refused.
    const from = this.#isFresh ? 'empty' : home;
    inBackground(this.#move({ epoch: this.#target, home: from, prepare: prepare === undefined ? [] : [prepare] }));
  }

  shut(): void {
    this.#isShut = true;
    this.#dropLink();
  }

  reopen(): void {
    this.#isShut = false;
    this.#join();
  }

  /** The user asked: no waiting. */
  retryNow(): void {
    this.#backoff.reset();
    if (this.#rejoinTimer.isSet) this.#rejoin();
  }

  /** Content that waits for other content is normal for a moment, and lost when it stays (TRAPS 4.1). */
  #watchGap(): void {
    const document = this.#document;
    if (this.#gapTimer.isSet || document === null || !document.hasGap) return;
    this.#gapTimer.set(() => {
      if (this.#document === document && document.hasGap) this.rehome('empty');
    }, this.#options.timing.pendingStructsMs);
  }

  async close(): Promise<void> {
    this.shut();
    this.#wanted = null;
    this.#gapTimer.clear();
    await this.#moving;
    await this.#document?.save();
    this.#document?.close();
  }

  #move(move: Move): Promise<void> {
    const waiting = this.#wanted;
    // What the server has refused stays so, whatever else is asked for meanwhile.
    const home = waiting?.epoch === move.epoch && waiting.home === 'empty' ? 'empty' : move.home;
    this.#wanted = { ...move, home, prepare: [...(waiting?.prepare ?? []), ...move.prepare] };
    this.#target = move.epoch;
    this.#dropLink();
    this.#moving ??= this.#makeMoves().finally(() => {
      this.#moving = null;
      this.#join();
    });
    return this.#moving;
  }

  async #makeMoves(): Promise<void> {
    while (this.#wanted !== null) {
      const { epoch, home, prepare } = this.#wanted;
      this.#wanted = null;
      const { takeStep, store } = this.#options;
      const left = this.#document;
      if (left !== null && epoch !== this.#epoch) {
        await takeStep({ type: 'leaving', document: left, isForEarlier: epoch < this.#epoch });
      }
      await left?.save();
      left?.close();
      for (const act of prepare) await act().catch(reportProblem);
      if (left !== null && epoch !== this.#epoch) await store.replaceUpdates(left.name, () => null);
      this.#epoch = epoch;
      this.#document = await this.#openDocument(epoch, home);
      this.#isFresh = home === 'empty';
      this.#isFilling = this.#document.messageCount === 0;
      await takeStep({ type: 'entered' });
    }
  }

  #openDocument(epoch: number, home: Home): Promise<RoomDocument> | RoomDocument {
    const { tabloId, store, timing, tabs, dispatch } = this.#options;
    const options = {
      name: encodeDocumentName({ tabloId, epoch }),
      store,
      timing,
      isFirstTab: () => tabs.isFirst,
      listener: {
        entries: (entries: readonly Entry[]) => dispatch({ type: 'entries', entries }),
        erased: (gone: readonly Entry[]) => dispatch({ type: 'erased', gone }),
        gap: () => this.#watchGap(),
      },
    };
    return home === 'empty' ? RoomDocument.create(options) : RoomDocument.open(options);
  }

  #join(): void {
    const document = this.#document;
    if (document === null || this.#isShut || this.#moving !== null || this.#link !== null) return;
    const { links, dispatch } = this.#options;
    this.#link = links.openLink({
      name: document.name,
      doc: document.doc,
      isUrgent: this.#isUrgent,
      dispatch: (event) => {
        if (this.#document !== document || this.#link === null) return;
        if (event.type === 'ready') this.#handleReady(document);
        else if (event.type === 'ended') this.#handleEnded(event.reason);
        else dispatch(event);
      },
    });
    dispatch({ type: 'link', link: this.#link });
  }

  #dropLink(): void {
    this.#rejoinTimer.clear();
    const link = this.#link;
    if (link === null) return;
    this.#link = null;
    link.close();
    this.#options.dispatch({ type: 'link', link: null });
    this.#options.dispatch({ type: 'lost', heardAt: Date.now() });
  }

  #handleReady(document: RoomDocument): void {
    this.#backoff.reset();
    this.#denials = 0;
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    this.#isFilling = false;
    if (isFresh) inBackground(document.replaceStored());
    this.#watchGap();
    this.#options.dispatch({ type: 'ready', isFresh });
  }

  #handleEnded(reason: string): void {
    const code = isReasonCode(reason) ? reason : 'unavailable';
    const { dispatch, links } = this.#options;
    this.#denials += 1;
    dispatch({ type: 'lost', heardAt: Date.now() });
    if (code === 'epoch-moved') dispatch({ type: 'epoch-moved' });
    switch (REASONS[code].recovery) {
      case 'never':
        this.shut();
        return dispatch({ type: 'denied', refusal: createRefusal(code) });
      case 'reauthenticate':
        links.expireToken();
        // The first time it retries at once: a token may just have expired. A second refusal means that the session has ended.
        if (this.#denials > 1) links.noteReason(code);
        return this.#rejoinIn(this.#denials > 1 ? this.#backoff.nextMs() : 0);
      case 'resync':
        // The list names the document to which the tablo has moved. If it still names this one, we ask again later.
        return this.#rejoinIn(this.#backoff.nextMs());
      case 'backoff':
        links.noteReason(code satisfies ReasonCode);
        return this.#rejoinIn(this.#backoff.nextMs());
    }
  }

  #rejoinIn(ms: number): void {
    this.#rejoinTimer.set(() => this.#rejoin(), ms);
  }

  #rejoin(): void {
    this.#rejoinTimer.clear();
    this.#link?.rejoin();
  }
}
