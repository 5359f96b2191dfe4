/**
 * Delivers a tablo's own entries from the outbox to the server: for each event it asks `step`, and carries out the effects. An event that comes while effects
 * are being carried out waits until all of them are done.
 */

import { backoffMs } from '@tablo/schema/backoff';
import type { CausalClock } from '@tablo/schema/causal-clock';
import type { Refusal } from '@tablo/schema/close-codes';
import { createArrival, type Entry, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { unreachable } from '@tablo/schema/result';
import { inBackground } from '../base/report-error.ts';
import { Timer } from '../base/timer.ts';
import type { Timing } from '../base/timing.ts';
import type { LinkOpener } from '../link/link.ts';
import { encodeClientStateless } from '../link/server-stateless.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { decideRetry, rememberStamps } from '../outbox/outbox-decisions.ts';
import type { RoomDocument } from '../replica/room-document.ts';
import type { RoomHome } from '../replica/room-home.ts';
import type { LocalStore } from '../store/local-store.ts';
import type { Tabs } from '../store/tabs.ts';
import {
  type DeliveryEvent,
  type Effect,
  INITIAL_STATE,
  type ShownAt,
  type Wait,
  type World,
} from './delivery-state.ts';
import { step } from './step.ts';

/** The newest rows of a tablo's cached history that are looked through for own messages. */
const CACHED_SCAN = 10_000;

/** What a tablo is told of its own entries. */
export type DeliveryNews =
  /** These are durable now, by the server's word, and are not in the outbox any more. */
  | { readonly type: 'settled'; readonly entries: readonly Entry[] }
  /** The server was restored from a backup: its numbers mean other messages now. */
  | { readonly type: 'numbers-doubted' }
  /** The list of tablos has something to tell. */
  | { readonly type: 'list-wanted' };

export interface DeliveryOptions {
  readonly tabloId: TabloId;
  readonly user: UserId;
  readonly store: LocalStore;
  readonly outbox: Outbox;
  readonly clock: CausalClock;
  readonly tabs: Tabs;
  readonly timing: Timing;
  readonly links: LinkOpener;
  readonly home: RoomHome;
  /** `closed`: why nothing can be sent here any more; null: it can. */
  readonly screen: { readonly closed: Refusal | null };
  readonly dispatch: (news: DeliveryNews) => void;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  #state = INITIAL_STATE;
  readonly #events: DeliveryEvent[] = [];
  #isStepping = false;
  readonly #timers: Readonly<Record<Wait, Timer>> = {
    answer: new Timer(),
    hold: new Timer(),
    ask: new Timer(),
    grace: new Timer(),
  };
  #holdingAgain: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  dispatch(event: DeliveryEvent): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const [state, effects] = step(this.#state, next, this.#look());
        this.#state = state;
        for (const effect of effects) this.#run(effect);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  /** The document is left for one of another epoch. Resolves when the outbox has what may be nowhere else. */
  async leave(document: RoomDocument, isForEarlier: boolean): Promise<void> {
    const entries = [...document.entries].filter(({ id }) => !document.isHeld(id));
    this.dispatch({ type: 'leaving', entries, isForEarlier });
    await this.#holdingAgain;
  }

  close(): void {
    this.#isClosed = true;
    this.dispatch({ type: 'left' });
    for (const timer of Object.values(this.#timers)) timer.clear();
  }

  #look(): World {
    const { tabloId, user, outbox, tabs, timing, home, screen } = this.#options;
    const { document, isMoving } = home;
    return {
      user,
      records: outbox.list(tabloId),
      get ready() {
        return outbox.pushable(tabloId);
      },
      document,
      held: isMoving ? [] : (document?.heldIds() ?? []),
      takenOut: isMoving ? [] : (document?.takenOut() ?? []),
      tab: tabs,
      ownerGraceMs: timing.ownerGraceMs,
      now: performance.now(),
      closed: screen.closed,
    };
  }

  #run(effect: Effect): void {
    const { tabloId, outbox, links, home, dispatch } = this.#options;
    switch (effect.type) {
      case 'push':
        if (home.link !== null) home.document?.push(effect.entries);
        return;
      case 'check':
        return home.link?.sendStateless(encodeClientStateless({ type: 'check', ids: [...effect.ids] }));
      case 'release':
        return home.document?.confirm(effect.ids);
      case 'settle':
        return this.#settle(effect.ids, effect.shownAt);
      case 'refuse':
        return inBackground(outbox.refuse(tabloId, effect.ids, effect.refusal));
      case 'retry':
        return this.#retry(effect.id);
      case 'hold-again':
        this.#holdingAgain = this.#holdAgain(effect.entries);
        return inBackground(this.#holdingAgain);
      case 'replace-document': {
        const { from, again } = effect;
        if (again.length === 0) return home.rehome(from);
        // What the stored document has, the next join brings to the server.
        const isStored = ({ id }: MemberEntry) => from === 'stored' && home.document?.has(id) === true;
        return home.rehome(from, () => this.#holdAgain(again.filter((entry) => !isStored(entry))));
      }
      case 'read-cached':
        return inBackground(this.#readCached());
      case 'doubt-numbers':
        return dispatch({ type: 'numbers-doubted' });
      case 'expire-token':
        return links.expireToken();
      case 'refresh-list':
        return dispatch({ type: 'list-wanted' });
      case 'wait':
        return this.#wait(effect.wait, effect.failures);
      case 'stop-waiting':
        return this.#timers[effect.wait].clear();
      default:
        return unreachable(effect);
    }
  }

  #settle(ids: readonly EntryId[], shownAt: ShownAt): void {
    const { tabloId, outbox, home, dispatch } = this.#options;
    // Other tabs hear of it from here, perhaps before the server tells them: with the time that it is shown at, or what they write next might stand before it.
    const arrivals = ids.flatMap((id) => {
      const at = shownAt[id] ?? home.document?.arrivedAt(id) ?? null;
      return at === null ? [] : [createArrival([id], at)];
    });
    const settled = outbox.settle(tabloId, ids, this.#stamps(), arrivals);
    dispatch({ type: 'settled', entries: [...arrivals, ...settled.map((record) => record.entry)] });
  }

  #retry(id: EntryId): void {
    const { tabloId, outbox } = this.#options;
    inBackground(outbox.change(tabloId, [id], this.#stamps(), (view, make) => decideRetry(view, id, make)));
  }

  #stamps() {
    const { user, clock } = this.#options;
    return rememberStamps(() => ({ author: user, sentAt: clock.next() }));
  }

  async #holdAgain(entries: readonly MemberEntry[]): Promise<void> {
    const { outbox, tabloId } = this.#options;
    const lost = entries.filter(({ id }) => outbox.get(tabloId, id) === null);
    if (lost.length > 0) await outbox.add(tabloId, lost);
  }

  /** As they read now, since an edit that is folded into its message cannot be told apart. Changes of others' messages are not among them. */
  async #readCached(): Promise<void> {
    const { store, tabloId, user } = this.#options;
    const rows = await store.readRows(tabloId, null, CACHED_SCAN);
    const entries = rows
      .filter(({ author, isDeleted }) => author === user && !isDeleted)
      .map(({ id, author, sentAt, text, replyTo }) => ({
        ...{ kind: 'message' as const, id, author, sentAt, text },
        ...(replyTo === null ? {} : { replyTo }),
      }));
    if (!this.#isClosed) this.dispatch({ type: 'cached', entries });
  }

  #wait(wait: Wait, failures = 0): void {
    const { checkAnswerMs, askHeldMs, ownerGraceMs, retryMinMs, retryMaxMs } = this.#options.timing;
    const ms = {
      ...{ answer: checkAnswerMs, ask: askHeldMs, grace: ownerGraceMs },
      hold: backoffMs(failures, { minMs: retryMinMs, maxMs: retryMaxMs }),
    };
    this.#timers[wait].set(() => this.dispatch({ type: 'waited', wait }), ms[wait]);
  }
}
