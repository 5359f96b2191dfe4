/** Runs `step` beside the present classes and compares what either does, one outermost turn at a time. For tests; costs one look at a global otherwise. */
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Outbox } from '../outbox/outbox.ts';
import type { RoomDocument } from '../replica/room-document.ts';
import type { RoomHome } from '../replica/room-home.ts';
import type { Tabs } from '../store/tabs.ts';
import { type DeliveryEvent, type DeliveryState, type Effect, INITIAL_STATE, type World } from './delivery-state.ts';
import { step } from './step.ts';

interface Sink {
  compared(turn: { readonly events: readonly DeliveryEvent['type'][]; readonly effects: readonly string[] }): void;
  differs(what: object): void;
}

const sink = (): Sink | undefined => (globalThis as { deliveryShadow?: Sink }).deliveryShadow;

export interface ShadowParts {
  readonly tabloId: TabloId;
  readonly user: UserId;
  readonly outbox: Outbox;
  readonly home: RoomHome;
  readonly tabs: Tabs;
  readonly ownerGraceMs: number;
  closed(): World['closed'];
  /** What the present classes remember. */
  state(): object;
}

const list = (ids: readonly EntryId[]) => ids.map((id) => id.slice(-6)).join(',');

export class Shadow {
  readonly #parts: ShadowParts;
  #state: DeliveryState = INITIAL_STATE;
  #depth = 0;
  #events: DeliveryEvent[] = [];
  #expected: string[] = [];
  #actual: string[] = [];
  #isBroken = false;

  constructor(parts: ShadowParts) {
    this.#parts = parts;
  }

  event<Result>(event: DeliveryEvent, act: () => Result): Result {
    if (sink() === undefined || this.#isBroken) return act();
    const before = this.#state;
    const world = this.#look();
    const [state, effects] = step(before, event, world);
    this.#state = state;
    this.#events.push(event);
    this.#expected.push(...effects.flatMap(nameOf));
    this.#depth += 1;
    try {
      return act();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#compare(before, world);
    }
  }

  /** Timers are ended by now: nothing is compared any more. */
  close(): void {
    this.#isBroken = true;
  }

  did(effect: string): void {
    if (sink() === undefined || this.#isBroken) return;
    if (this.#depth === 0) {
      this.#isBroken = true;
      sink()?.differs({ outside: effect });
    }
    this.#actual.push(effect);
  }

  push(entries: readonly MemberEntry[]): void {
    this.did(`push ${list(entries.map(({ id }) => id))}`);
  }

  ids(name: string, ids: readonly EntryId[]): void {
    if (ids.length > 0) this.did(`${name} ${list(ids)}`);
  }

  release(document: RoomDocument | null, ids: readonly EntryId[]): void {
    if (document === null) return;
    const known = new Set(ids);
    this.ids(
      'release',
      (this.#parts.home.isMoving ? [] : document.heldIds()).filter((id) => known.has(id)),
    );
  }

  #compare(before: DeliveryState, world: World): void {
    const [events, expected, actual] = [this.#events, this.#expected, this.#actual];
    [this.#events, this.#expected, this.#actual] = [[], [], []];
    const state = this.#parts.state() as Record<string, unknown>;
    // The present classes look again after a push, and forget at once since when what is pushed by now was left to another tab: that is never asked again.
    const open = (left: ReadonlyMap<EntryId, number>) =>
      new Map([...left].filter(([id]) => this.#parts.home.document?.has(id) !== true));
    const mine: Record<string, unknown> = { ...this.#state, leftSince: open(this.#state.leftSince) };
    state['leftSince'] = open(state['leftSince'] as ReadonlyMap<EntryId, number>);
    const wrong = Object.keys(state).filter((key) => plain(state[key]) !== plain(mine[key]));
    const isSame = wrong.length === 0 && expected.join('\n') === actual.join('\n');
    sink()?.compared({ events: events.map(({ type }) => type), effects: actual });
    if (isSame) return;
    this.#isBroken = true;
    sink()?.differs({
      events,
      expected,
      actual,
      state: wrong.map((key) => `${key}: step ${plain(mine[key])}, was ${plain(state[key])}`),
      before: plain(before),
      world: plain({ ...world, document: world.document === null ? null : [...world.document.entries].map(({ id }) => id) }),
    });
  }

  #look(): World {
    const { tabloId, user, outbox, home, tabs, ownerGraceMs } = this.#parts;
    const { document } = home;
    const entries = new Map(document === null ? [] : [...document.entries].map((entry) => [entry.id, entry]));
    return {
      user,
      records: outbox.list(tabloId),
      ready: outbox.pushable(tabloId),
      document: document === null ? null : { entries: [...entries.values()], get: (id) => entries.get(id) ?? null },
      held: home.isMoving ? [] : (document?.heldIds() ?? []),
      takenOut: home.isMoving ? [] : (document?.takenOut() ?? []),
      tab: { id: tabs.id, isFirst: tabs.isFirst, isAlive: (owner) => tabs.isAlive(owner) },
      ownerGraceMs,
      now: performance.now(),
      closed: this.#parts.closed(),
    };
  }
}

function plain(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    part instanceof Set ? [...part].sort() : part instanceof Map ? [...part.keys()].sort() : part,
  );
}

function nameOf(effect: Effect): readonly string[] {
  switch (effect.type) {
    case 'push':
    case 'hold-again':
      return [`${effect.type} ${list(effect.entries.map(({ id }) => id))}`];
    case 'check':
    case 'release':
      return [`${effect.type} ${list(effect.ids)}`];
    case 'refuse':
      return [`refuse ${effect.refusal.code} ${list(effect.ids)}`];
    case 'settle':
      return [`settle ${list(effect.ids)}`];
    case 'retry':
      return [`retry ${effect.id.slice(-6)}`];
    case 'replace-document':
      return [`replace ${effect.from} ${list(effect.again.map(({ id }) => id))}`];
    case 'wait':
    case 'stop-waiting':
      // Compared as `waits`.
      return [];
    default:
      return [effect.type];
  }
}
