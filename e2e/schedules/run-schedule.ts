// Plays one schedule against the server, then brings everybody online and waits until all is as it must be, or the deadline has come.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ChatError } from '@tablo/client/chat/chat';
import type { OutboxRecord } from '@tablo/client/chat/store/local-store';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { Random } from '@tablo/schema/testing/random';
import type { TimelineMessage } from '@tablo/schema/timeline';
import {
  compareIntents,
  compareScreen,
  compareSeq,
  readSnapshot,
  refusedKeys,
  type Screen,
  type Snapshot,
  type Violation,
  type ViolationKind,
} from './compare.ts';
import { Device, type Tab } from './device.ts';
import { type Intent, Intents, keyOf, textOf } from './intents.ts';
import type { Operation, Schedule } from './operation.ts';
import type { ScheduleStage } from './schedule-stage.ts';

export interface RunOptions {
  /** How long everything may take to arrive once everybody is online. */
  readonly deadlineMs?: number;
  /** For the tests of the harness: damages something when all is well, and sees whether it is noticed. */
  readonly tamper?: (tablo: TabloId, users: readonly UserId[]) => Promise<void>;
  readonly loses?: (record: OutboxRecord) => boolean;
  /** For the same: the kinds that end the wait, in place of none at all. What is on its way on a slow machine is waited for. */
  readonly awaits?: (kinds: ReadonlySet<ViolationKind>) => boolean;
}

export interface Outcome {
  readonly schedule: Schedule;
  readonly violations: readonly Violation[];
  readonly tablo: TabloId;
  readonly log: readonly string[];
  readonly entries: number;
  readonly epochs: number;
  readonly drainMs: number;
}

const DEADLINE_MS = Number(process.env['SCHEDULE_DEADLINE_MS'] ?? 60_000);
const POLL_MS = 40;

export async function runSchedule(
  stage: ScheduleStage,
  schedule: Schedule,
  options: RunOptions = {},
): Promise<Outcome> {
  const run = new Run(stage, schedule, options);
  try {
    return await run.play();
  } finally {
    run.close();
  }
}

class Run {
  readonly #stage: ScheduleStage;
  readonly #schedule: Schedule;
  readonly #options: RunOptions;
  readonly #users = [0, 1, 2].map(() => randomUUID() as string as UserId);
  readonly #intents = new Intents();
  readonly #devices: Device[] = [];
  readonly #commands = new Set<Promise<void>>();
  readonly #sentSeen = new Map<EntryId, string>();
  readonly #reads: { readonly tab: Tab; readonly generation: number; readonly ids: readonly EntryId[] }[] = [];
  readonly #removed = new Set<number>();
  readonly #wasRemoved = new Set<number>();
  readonly #log: string[] = [];
  readonly #startedAt = Date.now();
  #tablo = '' as TabloId;

  constructor(stage: ScheduleStage, schedule: Schedule, options: RunOptions) {
    this.#stage = stage;
    this.#schedule = schedule;
    this.#options = options;
  }

  async play(): Promise<Outcome> {
    await this.#open();
    for (const operation of this.#schedule.operations) {
      await this.#perform(operation);
      if (operation.pauseMs > 0) await delay(operation.pauseMs);
    }
    const drainedAt = Date.now();
    await this.#bringEverybodyOnline();
    const { tamper, awaits = isNothing } = this.#options;
    let violations = await this.#waitUntil(tamper === undefined ? awaits : isNothing);
    if (violations.length === 0 && tamper !== undefined) {
      await tamper(this.#tablo, this.#users);
      violations = await this.#waitUntil(awaits);
    }
    const counted = await this.#stage.pool.query<{ entries: number; epoch: number }>(
      `SELECT (SELECT count(*)::int FROM tablo_entries WHERE tablo_id = $1) AS entries, epoch FROM tablos WHERE id = $1`,
      [this.#tablo],
    );
    return {
      schedule: this.#schedule,
      violations,
      tablo: this.#tablo,
      log: this.#log,
      entries: counted.rows[0]?.entries ?? 0,
      epochs: counted.rows[0]?.epoch ?? 0,
      drainMs: Date.now() - drainedAt,
    };
  }

  close(): void {
    for (const device of this.#devices) device.close();
  }

  async #open(): Promise<void> {
    this.#tablo = await this.#stage.createTablo(this.#users);
    for (const [index, { user, tabs }] of this.#schedule.devices.entries()) {
      const device = new Device({
        index,
        user: this.#users[user] as UserId,
        url: this.#stage.url,
        tablo: this.#tablo,
        random: new Random(this.#schedule.seed * 101 + index),
        onSent: (message) => this.#sentSeen.set(message.id, message.text),
        ...(this.#options.loses === undefined ? {} : { loses: this.#options.loses }),
      });
      this.#devices.push(device);
      await device.open(tabs);
    }
  }

  async #perform(operation: Operation): Promise<void> {
    const device = 'device' in operation ? this.#device(operation.device) : null;
    const tab = device !== null && 'tab' in operation ? pick(device.tabs, operation.tab) : null;
    this.#note(operation, device, tab);
    if (tab !== null) return this.#performInTab(operation, tab);
    if (device !== null) return this.#performOnDevice(operation, device);
    switch (operation.type) {
      case 'settle':
        return void (await Promise.all(this.#commands));
      case 'restart-server':
        return this.#stage.restart(operation.signal);
      case 'remove-member':
        this.#removed.add(operation.user);
        this.#wasRemoved.add(operation.user);
        return this.#stage.setMember(this.#tablo, this.#users[operation.user] as UserId, false);
      case 'add-member':
        this.#removed.delete(operation.user);
        return this.#stage.setMember(this.#tablo, this.#users[operation.user] as UserId, true);
    }
  }

  async #performOnDevice(operation: Operation, device: Device): Promise<void> {
    switch (operation.type) {
      case 'offline':
        return device.goOffline();
      case 'online':
        return device.goOnline();
      case 'cut':
        return device.network.cut();
      case 'stall':
        return device.network.stall();
      case 'captive':
        return device.swallow(operation.opensSockets);
      case 'kill':
        return device.kill();
      case 'clock':
        device.clockDays = operation.days;
        return;
    }
  }

  async #performInTab(operation: Operation, tab: Tab): Promise<void> {
    switch (operation.type) {
      case 'send':
        for (let count = 0; count < operation.count; count += 1) this.#send(tab, operation.replyTo);
        return;
      case 'burst-kill':
        for (let count = 0; count < operation.count; count += 1) this.#send(tab, null);
        if (operation.afterMs > 0) await delay(operation.afterMs);
        return tab.device.kill();
      case 'edit':
        return this.#edit(tab, pick(this.#ownOf(tab), operation.nth));
      case 'edit-pending':
        return this.#edit(tab, pick(this.#pendingOf(tab), operation.nth));
      case 'remove':
        return this.#remove(tab, pick(this.#ownOf(tab), operation.nth));
      case 'cancel-pending':
        return this.#remove(tab, pick(this.#pendingOf(tab), operation.nth));
      case 'react': {
        const message = pick(tab.messages.filter(({ isDeleted }) => !isDeleted).toReversed(), operation.nth);
        if (message !== null) this.#command(tab, null, tab.room.react(message.id, operation.emoji, operation.on));
        return;
      }
      case 'stray':
        // The client itself refuses to change what is not here, unless it was picked when it was.
        return this.#command(tab, null, tab.room.edit(createEntryId(), 'stray', true));
      case 'mark-read': {
        const ids = tab.messages.flatMap(({ id, author, delivery }) =>
          author !== tab.device.options.user && delivery.status === 'sent' ? [id] : [],
        );
        tab.room.dismissNew();
        this.#reads.push({ tab, generation: tab.generation, ids });
        return;
      }
      case 'deafen':
        return tab.port.deafen();
      case 'cut-tab':
        return tab.port.cut();
      case 'look-back':
        return this.#command(tab, null, tab.room.loadMore());
      case 'retry':
      case 'discard': {
        const refused = tab.messages.find(({ delivery }) => delivery.status === 'refused');
        if (refused === undefined) return;
        const intent = this.#intents.of(refused.text);
        if (intent !== null) this.#touch(intent, tab);
        if (operation.type === 'retry') return this.#command(tab, intent, tab.room.retry(refused.id));
        if (intent !== null) intent.isDiscarded = true;
        return this.#command(tab, intent, tab.room.discard(refused.id));
      }
      case 'reload':
        return tab.reload();
    }
  }

  #send(tab: Tab, replyTo: number | null): void {
    const seen = tab.messages.map(({ id, text, delivery }) => ({
      id,
      key: keyOf(text),
      wasSent: delivery.status === 'sent',
    }));
    const intent = this.#intents.add(tab.device.options.user, tab.name, seen);
    const target = replyTo === null ? null : pick(tab.messages, replyTo);
    const { generation } = tab;
    const sending = tab.room.send(textOf(intent), target?.id).then(() => {
      if (tab.generation === generation) intent.isStored = true;
    });
    this.#log.push(`           ${intent.key}`);
    this.#track(sending);
  }

  async #edit(tab: Tab, message: TimelineMessage | null): Promise<void> {
    const intent = message === null ? null : this.#intents.of(message.text);
    if (message === null || intent === null) return;
    this.#touch(intent, tab);
    intent.versions += 1;
    this.#log.push(`           ${message.text} (${message.delivery.status}) → ${textOf(intent)}`);
    this.#command(tab, intent, tab.room.edit(message.id, textOf(intent)));
  }

  async #remove(tab: Tab, message: TimelineMessage | null): Promise<void> {
    const intent = message === null ? null : this.#intents.of(message.text);
    if (message === null || intent === null) return;
    this.#touch(intent, tab);
    intent.isRemoved = true;
    this.#log.push(`           ${message.text} (${message.delivery.status}) away`);
    this.#command(tab, intent, tab.room.remove(message.id));
  }

  #touch(intent: Intent, tab: Tab): void {
    if (intent.writer !== tab.name) intent.isContested = true;
  }

  /** A change that fails, or whose tab dies before it is stored, may have happened or not. */
  #command(tab: Tab, intent: Intent | null, work: Promise<unknown>): void {
    const { generation } = tab;
    const uncertain = () => {
      if (intent !== null) intent.isContested = true;
    };
    this.#track(
      work.then(
        () => {
          if (tab.generation !== generation) uncertain();
        },
        (error: unknown) => {
          uncertain();
          if (!(error instanceof ChatError)) throw error;
        },
      ),
    );
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch((error: unknown) => {
      this.#log.push(`           FAILED ${String(error)}`);
    });
    this.#commands.add(tracked);
    void tracked.finally(() => this.#commands.delete(tracked));
  }

  #ownOf(tab: Tab): readonly TimelineMessage[] {
    return tab.messages
      .filter(({ author, isDeleted }) => author === tab.device.options.user && !isDeleted)
      .toReversed();
  }

  #pendingOf(tab: Tab): readonly TimelineMessage[] {
    return this.#ownOf(tab).filter(({ delivery }) => delivery.status === 'pending');
  }

  #device(index: number): Device {
    return this.#devices[index % this.#devices.length] as Device;
  }

  #note(operation: Operation, device: Device | null, tab: Tab | null): void {
    const at = String(Date.now() - this.#startedAt).padStart(6);
    const where = tab !== null ? ` in ${tab.name}` : device !== null ? ` on ${device.options.index}` : '';
    const { type, pauseMs: _pauseMs, ...rest } = operation;
    this.#log.push(`  ${at} ms ${type}${where} ${JSON.stringify(rest)}`);
  }

  async #bringEverybodyOnline(): Promise<void> {
    await Promise.race([Promise.all(this.#commands), delay(5_000)]);
    for (const user of this.#removed) await this.#stage.setMember(this.#tablo, this.#users[user] as UserId, true);
    for (const device of this.#devices) {
      device.goOnline();
      // Nobody tells who was removed that they are welcome again: the page asks when it is looked at.
      const { user } = device.options;
      if (this.#wasRemoved.has(this.#users.indexOf(user)))
        for (const tab of device.tabs) tab.environment.fire('visible');
    }
    this.#log.push(`  ${String(Date.now() - this.#startedAt).padStart(6)} ms everybody is online`);
  }

  /** Twice right in a row: what settles late must not spoil it. */
  async #waitUntil(isRight: (kinds: ReadonlySet<ViolationKind>) => boolean): Promise<readonly Violation[]> {
    const deadlineMs = this.#options.deadlineMs ?? DEADLINE_MS;
    const startedAt = Date.now();
    let rightInARow = 0;
    for (;;) {
      const violations = await this.#compare();
      const isSo = isRight(new Set(violations.map(({ kind }) => kind)));
      rightInARow = isSo ? rightInARow + 1 : 0;
      if (rightInARow === 2) return violations;
      const waitedMs = Math.min(Date.now() - startedAt, this.#stage.upForMs);
      if (!isSo && waitedMs > deadlineMs) {
        for (const { tabs } of this.#devices) for (const tab of tabs) this.#log.push(`  ${tab.name} ${tab.describe()}`);
        return violations;
      }
      await delay(POLL_MS);
    }
  }

  async #compare(): Promise<readonly Violation[]> {
    const tabs = this.#devices.flatMap((device) => device.tabs);
    for (const tab of tabs) if (tab.room.view.get().hasMore) await Promise.race([tab.room.loadMore(), delay(1_000)]);
    const snapshot = await readSnapshot(this.#stage.pool, this.#tablo, this.#users);
    const screens = tabs.map((tab) => this.#screen(tab));
    const violations = [
      ...screens.flatMap((screen) => compareScreen(screen, snapshot)),
      ...compareSeq(snapshot),
      ...this.#compareDurability(snapshot),
      ...this.#compareReads(snapshot),
      ...(await this.#compareOutboxes()),
    ];
    return [...violations, ...compareIntents(this.#intents, snapshot, refusedKeys(screens))];
  }

  #screen(tab: Tab): Screen {
    const { status, hasMore, closed, messages } = tab.room.view.get();
    const channel = tab.chat.channels.get().channels.find(({ id }) => id === this.#tablo);
    return {
      tab: tab.name,
      user: tab.device.options.user,
      status,
      hasMore,
      isClosed: closed !== null,
      messages,
      unread: channel?.unreadCount ?? null,
    };
  }

  /** [R1] What was ever shown as sent is in SQL. */
  #compareDurability({ rows }: Snapshot): readonly Violation[] {
    const durable = new Set(rows.map(({ id }) => id));
    return [...this.#sentSeen]
      .filter(([id]) => !durable.has(id))
      .map(([id, text]) => ({ kind: 'false-sent' as const, what: `${text} (${id}) was shown as sent` }));
  }

  /** What was marked read on a tab that still lives stays read. */
  #compareReads({ rows, readSeq }: Snapshot): readonly Violation[] {
    const seqOf = new Map(rows.flatMap(({ id, seq, isDeleted }) => (isDeleted ? [] : [[id, seq] as const])));
    return this.#reads.flatMap(({ tab, generation, ids }) => {
      // Who was removed in between has nothing to report to; what was deleted is read by nobody.
      const wasRemoved = this.#wasRemoved.has(this.#users.indexOf(tab.device.options.user));
      if (tab.generation !== generation || wasRemoved) return [];
      const seq = Math.max(0, ...ids.map((id) => seqOf.get(id) ?? 0));
      const known = readSeq.get(tab.device.options.user) ?? 0;
      return known >= seq
        ? []
        : [{ kind: 'miscounted' as const, what: `${tab.name} read up to ${seq}, SQL says ${known}` }];
    });
  }

  async #compareOutboxes(): Promise<readonly Violation[]> {
    const records = await Promise.all(this.#devices.map((device) => device.durable.readOutbox()));
    return records.flatMap((list, device) =>
      list.flatMap(({ entry, delivery }) =>
        delivery.status === 'pending'
          ? [{ kind: 'pending' as const, what: `${entry.kind} ${entry.id} in the outbox of ${device}` }]
          : [],
      ),
    );
  }
}

const isNothing = (kinds: ReadonlySet<ViolationKind>): boolean => kinds.size === 0;

function pick<T>(items: readonly T[], nth: number): T | null {
  return items.length === 0 ? null : (items[nth % items.length] as T);
}

export function describeOutcome({ schedule, violations, log }: Outcome): string {
  const devices = schedule.devices.map(({ user, tabs }, index) => `${index}: user ${user}, ${tabs} tab(s)`);
  return [
    `Schedule ${schedule.seed} (SCHEDULE_SEED=${schedule.seed} runs it alone, SHRINK=1 makes it smaller)`,
    ...violations.slice(0, 12).map(({ kind, what }) => `  ${kind}: ${what}`),
    ...(violations.length > 12 ? [`  and ${violations.length - 12} more`] : []),
    `Devices: ${devices.join('; ')}`,
    ...log,
  ].join('\n');
}
