/**
 * Keeps drafts like the server's: asked for when the connection is (back) there, when the page is visible again and when a tablo is opened; sent a moment
 * after the last key, and when the page goes away. A draft that cannot be sent stays here, and is sent later [R7, R11].
 */
import { Backoff } from '@tablo/schema/backoff';
import { isDraftText, NO_DRAFT } from '@tablo/schema/draft';
import type { TabloId } from '@tablo/schema/ids';
import { Pace } from '../base/pace.ts';
import { inBackground } from '../base/report-error.ts';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import { ChatError } from '../chat.ts';
import type { Api } from '../session/api.ts';
import type { Draft } from './draft.ts';

/** Final refusals: a retry makes sense only after the tablo, our role or the server has changed. */
const REFUSALS: readonly string[] = ['forbidden', 'read-only', 'not-found', 'invalid-request', 'too-large'];
/** The draft was typed in another tab, which reports it unless it is gone. */
const OTHER_TABS_PATIENCE = 4;

export interface DraftSyncHost {
  readonly api: Api;
  readonly timing: Timing;
  /** No network, or no server for a while: a retry makes no sense before that changes. */
  isOffline(): boolean;
  find(id: TabloId): Draft | null;
  list(): Iterable<Draft>;
}

export class DraftSync {
  readonly #host: DraftSyncHost;
  readonly #backoff: Backoff;
  readonly #pace: Pace;
  readonly #timers = new Map<TabloId, ReturnType<typeof setTimeout>>();
  /** Reports in flight, with the time of the draft that each contains. */
  readonly #reporting = new Map<TabloId, { readonly at: number; readonly done: Promise<void> }>();
  /** Times of drafts that the server has refused. They are sent again after the next refresh, or when they have changed. */
  readonly #refused = new Map<TabloId, number>();
  readonly #refreshTimer = new Timer();
  #isClosed = false;

  constructor(host: DraftSyncHost) {
    this.#host = host;
    this.#backoff = new Backoff(host.timing.retryMinMs, host.timing.retryMaxMs);
    this.#pace = new Pace(host.timing.askGapMs);
  }

  /** Asks soon: several reasons share one request. */
  refresh(): void {
    if (this.#isClosed || this.#host.isOffline()) return;
    const { listDebounceMs } = this.#host.timing;
    this.#refreshTimer.setIfUnset(() => inBackground(this.#refresh()), this.#pace.waitMs(listDebounceMs));
  }

  /** Called when there is something to report. */
  note(draft: Draft, isOurs: boolean): void {
    const { draftReportMs } = this.#host.timing;
    this.#reportIn(draft.tabloId, isOurs ? draftReportMs : draftReportMs * OTHER_TABS_PATIENCE);
  }

  /** Sends at once: the page is closing, or the reader leaves the tablo. Resolves when the server has answered, with success or not. */
  async flush(drafts: Iterable<Draft> = this.#host.list()): Promise<void> {
    await Promise.all([...drafts].map((draft) => (draft.isReported ? undefined : this.#report(draft.tabloId))));
  }

  close(): void {
    this.#isClosed = true;
    this.#refreshTimer.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #refresh(): Promise<void> {
    this.#refreshTimer.clear();
    this.#pace.noteStart();
    this.#refused.clear();
    try {
      const drafts = new Map((await this.#host.api.listDrafts()).map(({ tabloId, draft }) => [tabloId, draft]));
      if (this.#isClosed) return;
      for (const draft of this.#host.list()) draft.receiveReported(drafts.get(draft.tabloId) ?? NO_DRAFT);
    } catch {
      // The server is not reachable. The drafts are asked for again when the connection is back.
    }
    for (const draft of this.#host.list()) if (!draft.isReported) this.#reportIn(draft.tabloId, 0);
  }

  #reportIn(id: TabloId, ms: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timers.get(id));
    this.#timers.set(
      id,
      setTimeout(() => inBackground(this.#report(id)), ms),
    );
  }

  /** Does not wait for an earlier report in flight, since the page may be closing: the later draft wins, whichever arrives first. */
  #report(id: TabloId): Promise<void> {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const at = this.#host.find(id)?.latest.at ?? 0;
    const running = this.#reporting.get(id);
    if (running?.at === at) return running.done;
    const done = this.#reportNow(id).finally(() => {
      if (this.#reporting.get(id)?.done === done) this.#reporting.delete(id);
    });
    this.#reporting.set(id, { at, done });
    return done;
  }

  async #reportNow(id: TabloId): Promise<void> {
    const draft = this.#host.find(id);
    // There is no connection: the refresh after the next connection reports it.
    if (draft === null || draft.isReported || this.#isClosed || this.#host.isOffline()) return;
    const reported = draft.latest;
    if (this.#refused.get(id) === reported.at || !isDraftText(reported.text)) return;
    try {
      const stands = await this.#host.api.putDraft(id, reported);
      this.#backoff.reset();
      this.#refused.set(id, reported.at); // Whichever draft is current now, this one is not sent twice.
      draft.receiveReported(stands);
    } catch (error) {
      if (error instanceof ChatError && REFUSALS.includes(error.code)) this.#refused.set(id, reported.at);
      else this.#reportIn(id, this.#backoff.nextMs());
    }
  }
}
