/**
 * One tablo's unfinished text: survives reload and crash, and is the same in all tabs and on all devices of its author [R7].
 *
 * Invariants
 * 1. The later of two drafts stands (schema's `mergeDrafts`), and what is typed here is stamped after everything seen here, whatever the clock says: a text is
 *    never replaced by one that it continues [R8].
 * 2. A draft from elsewhere that arrives while somebody types here waits until they have stopped. By then it is older than what they typed, unless they only paused.
 * 3. The text is stored on this device before it is reported, and stays whatever the server answers. `DraftSync` reports it.
 * 4. An empty draft from another device does not replace a text that was never sent: it cannot have been meant for it [R8].
 * 5. What the text is aimed at (`draft-aim.ts`) is kept with it on this device and follows to its tabs; it has a time of its own, and is never reported.
 */
import { CausalClock } from '@tablo/schema/causal-clock';
import { type DraftText, isLaterDraft, mergeDrafts, NO_DRAFT } from '@tablo/schema/draft';
import type { TabloId } from '@tablo/schema/ids';
import { type Readable, Writable } from '../base/readable.ts';
import { inBackground } from '../base/report-error.ts';
import { Timer } from '../base/timer.ts';
import { type Aim, isChangedEdit, laterAim, NO_AIM, type StampedAim } from '../draft-aim.ts';
import type { DraftRecord, LocalStore } from '../store/local-store.ts';
import type { Tabs } from '../store/tabs.ts';

export interface DraftOptions {
  readonly tabloId: TabloId;
  readonly store: LocalStore;
  readonly tabs: Tabs;
  readonly saveMs: number;
  /** Without a key for this long, nobody is typing. */
  readonly idleMs: number;
  readonly now?: (() => number) | undefined;
  /** There is something to report. `isOurs`: typed in this tab, which other tabs leave to it for a while. */
  readonly reports: { note(draft: Draft, isOurs: boolean): void };
}

export class Draft {
  readonly tabloId: TabloId;
  readonly #options: DraftOptions;
  readonly #clock: CausalClock;
  readonly #text = new Writable(NO_DRAFT.text);
  readonly #aim = new Writable<StampedAim>(NO_AIM);
  #draft: DraftText = NO_DRAFT;
  /** The server has it, or a later one. */
  #isReported = true;
  /** What the server is known to have; `null`: not known. */
  #reported: string | null = null;
  #isLoaded = false;
  /** The server's answer that came before the stored text was read. */
  #early: DraftText | null = null;
  /** A draft from elsewhere that arrived while somebody types. */
  #held: DraftRecord | null = null;
  #heldAim: StampedAim | undefined;
  readonly #saveTimer = new Timer();
  readonly #idleTimer = new Timer();
  /** Somebody typed before the stored text was read: the stored one is older, whatever its time. */
  #isTouched = false;

  constructor(options: DraftOptions) {
    this.tabloId = options.tabloId;
    this.#options = options;
    this.#clock = new CausalClock(options.now);
  }

  get text(): Readable<string> {
    return this.#text;
  }

  get aim(): Readable<Aim> {
    return this.#aim;
  }

  /** Something is typed here and not sent. */
  get isWritten(): boolean {
    return this.#draft.text.trim() !== '' || isChangedEdit(this.#aim.get().edit);
  }

  get hasLoaded(): boolean {
    return this.#isLoaded;
  }

  get latest(): DraftText {
    return this.#draft;
  }

  get isReported(): boolean {
    return this.#isReported;
  }

  async load(): Promise<void> {
    const stored = await this.#options.store.readDraft(this.tabloId);
    this.#isLoaded = true;
    if (stored !== null) this.#take(stored);
    if (!this.#isReported) this.#options.reports.note(this, true);
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.receiveReported(early);
  }

  set(text: string): void {
    this.#isTouched = true;
    if (text === this.#text.get()) return;
    this.#stamp(text);
    this.#text.set(text);
    this.#restartIdleTimer();
    if (!this.#isReported) this.#options.reports.note(this, true);
  }

  setAim({ replyTo, edit }: Aim): void {
    this.#aim.set({ replyTo, edit, at: this.#clock.next() });
    this.#restartIdleTimer();
    this.#saveSoon();
  }

  /** A draft from another tab, which has stored it already. */
  receiveFromTab(given: DraftRecord): void {
    this.#acceptAim(given.aim);
    this.#accept(given);
    if (!this.#isReported) this.#options.reports.note(this, false);
  }

  /** A draft from the server: it comes from another device, or is the current one after our report. */
  receiveReported(given: DraftText): void {
    if (!this.#isLoaded) {
      this.#early = mergeDrafts(this.#early ?? NO_DRAFT, given);
      return;
    }
    this.#reported = given.text;
    if (given.text === '' && !this.#isReported && this.#draft.text !== '' && isLaterDraft(given, this.#draft)) {
      this.#clock.observe(given.at);
      this.#stamp(this.#draft.text);
      this.#options.reports.note(this, true);
      return;
    }
    const before = this.#draft;
    const wasReported = this.#isReported;
    this.#accept({ tabloId: this.tabloId, ...given, isReported: true });
    // The draft was reported, but the server has an older one: it was restored from a backup.
    if (wasReported && isLaterDraft(this.#draft, given)) this.#isReported = this.#isNoNews(this.#draft.text);
    if (this.#draft !== before || this.#isReported !== wasReported) this.#saveSoon();
    if (wasReported && !this.#isReported) this.#options.reports.note(this, true);
  }

  async save(): Promise<void> {
    if (!this.#saveTimer.isSet) return;
    this.#saveTimer.clear();
    await this.#write();
  }

  async close(): Promise<void> {
    this.#idleTimer.clear();
    await this.save();
  }

  async #write(): Promise<void> {
    const aim = this.#aim.get();
    const record: DraftRecord = {
      ...{ tabloId: this.tabloId, ...this.#draft, isReported: this.#isReported },
      ...(aim.at === NO_AIM.at ? {} : { aim }),
    };
    this.#options.tabs.post({ type: 'draft', record });
    await this.#options.store.writeDraft(record);
  }

  #take(stored: DraftRecord): void {
    this.#takeAim(stored.aim);
    if (this.#isTouched) {
      this.#clock.observe(stored.at);
      this.#stamp(this.#draft.text);
    } else if (stored.at === NO_DRAFT.at && stored.text !== '') {
      // A draft without a time was kept by an earlier release: it is better shown once too often than lost.
      this.#stamp(stored.text);
      this.#text.set(stored.text);
    } else {
      this.#accept(stored);
    }
  }

  /** An aim that was chosen before the stored one was read wins, whatever the clock says. */
  #takeAim(stored: StampedAim | undefined): void {
    if (this.#aim.get().at === NO_AIM.at) return this.#acceptAim(stored);
    this.#clock.observe(stored?.at ?? 0);
    this.#aim.set({ ...this.#aim.get(), at: this.#clock.next() });
    this.#saveSoon();
  }

  #acceptAim(given: StampedAim | undefined): void {
    if (given === undefined) return;
    this.#clock.observe(given.at);
    if (given.at <= this.#aim.get().at) return;
    if (!this.#idleTimer.isSet) this.#aim.set(given);
    else this.#heldAim = laterAim(this.#heldAim, given);
  }

  /** The draft was sent or deleted elsewhere: its aim is removed with it. */
  #endReply(): void {
    const { replyTo, edit } = this.#aim.get();
    if (replyTo === null) return;
    this.#aim.set({ replyTo: null, edit, at: this.#clock.next() });
    this.#saveSoon();
  }

  #stamp(text: string): void {
    this.#draft = { text, at: this.#clock.next() };
    this.#isReported = this.#isNoNews(text);
    this.#saveSoon();
  }

  /** Skip empty drafts: a message that was typed and sent before the first save never existed on the server as a draft. */
  #isNoNews(text: string): boolean {
    return text === '' && this.#reported === '';
  }

  /** The one place that decides whether a draft from elsewhere replaces the one here. */
  #accept(given: DraftRecord): void {
    this.#clock.observe(given.at);
    if (given.at === this.#draft.at && given.text === this.#draft.text) {
      this.#isReported ||= given.isReported;
      return;
    }
    if (!isLaterDraft(given, this.#draft)) return;
    if (this.#idleTimer.isSet) {
      if (this.#held === null || isLaterDraft(given, this.#held)) this.#held = given;
      return;
    }
    if (given.text === '' && this.#draft.text !== '' && given.aim === undefined) this.#endReply();
    this.#draft = { text: given.text, at: given.at };
    this.#isReported = given.isReported;
    this.#text.set(given.text);
  }

  #restartIdleTimer(): void {
    this.#idleTimer.set(() => {
      const held = this.#held;
      this.#held = null;
      this.#acceptAim(this.#heldAim);
      this.#heldAim = undefined;
      if (held === null) return;
      this.#accept(held);
      this.#saveSoon();
    }, this.#options.idleMs);
  }

  #saveSoon(): void {
    this.#saveTimer.setIfUnset(() => inBackground(this.#write()), this.#options.saveMs);
  }
}
