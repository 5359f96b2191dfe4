// A browser with its tabs: real chat clients over one lossy network and one store that outlives them.

import { setTimeout as delay } from 'node:timers/promises';
import { Writable } from '@tablo/client/chat/base/readable';
import type { Timing } from '@tablo/client/chat/base/timing';
import type { RoomHandle } from '@tablo/client/chat/chat';
import { type ChatClient, openChatClient } from '@tablo/client/chat/chat-client';
import type { LocalStore, OutboxRecord } from '@tablo/client/chat/store/local-store';
import { MemoryStore } from '@tablo/client/chat/store/memory-store';
import type { OpenTabChannel, TabChannel } from '@tablo/client/chat/store/tabs';
import { FakeEnvironment } from '@tablo/client/chat/testing/fake-environment';
import { FakeLocks } from '@tablo/client/chat/testing/fake-locks';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Random } from '@tablo/schema/testing/random';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { LossyNetwork, type NetworkPort } from './lossy-network.ts';
import { type MortalStore, openMortalStore } from './mortal-store.ts';

/** Short, so that a schedule takes seconds; long enough that a busy machine is not taken for a dead link. */
const TIMING: Partial<Timing> = {
  joinTimeoutMs: 1_500,
  checkAnswerMs: 800,
  askHeldMs: 900,
  idleProbeMs: 700,
  probeAnswerMs: 800,
  offlineAfterMs: 1_000,
  connectTimeoutMs: 1_000,
  reconnectMinMs: 20,
  reconnectMaxMs: 150,
  retryMinMs: 20,
  retryMaxMs: 250,
  listDebounceMs: 5,
  askGapMs: 5,
  readReportMs: 10,
  pendingStructsMs: 1_000,
  // Beyond every deadline here: a server whose stream has holes is to be found, not healed.
  missedMs: 600_000,
  updateSaveMs: 8,
  otherTabSaveMs: 80,
  draftSaveMs: 8,
  ownerGraceMs: 500,
  compactRows: 10,
};
const DAY_MS = 24 * 3600_000;

export interface DeviceOptions {
  readonly index: number;
  readonly user: UserId;
  readonly url: string;
  readonly tablo: TabloId;
  readonly random: Random;
  /** Messages shown as *sent* in any tab. */
  readonly onSent: (message: TimelineMessage) => void;
  readonly loses?: (record: OutboxRecord) => boolean;
}

export class Device {
  readonly options: DeviceOptions;
  readonly network: LossyNetwork;
  readonly durable: LocalStore = new MemoryStore();
  readonly channels = new Set<TabChannel>();
  readonly locks = new FakeLocks();
  readonly tabs: Tab[] = [];
  clockDays = 0;

  constructor(options: DeviceOptions) {
    this.options = options;
    this.network = new LossyNetwork(options.random);
  }

  get isOnline(): boolean {
    return this.network.isUp;
  }

  now = (): number => Date.now() + this.clockDays * DAY_MS;

  async open(tabs: number): Promise<void> {
    for (let index = 0; index < tabs; index += 1) {
      const tab = new Tab(this, index);
      this.tabs.push(tab);
      await tab.open();
    }
  }

  /** Does the browser say that there is no network? It may not have noticed. */
  saysOffline = false;

  goOffline(): void {
    if (!this.isOnline) return;
    this.saysOffline = this.options.random.chance(0.7);
    this.network.goDown(this.saysOffline);
    if (this.saysOffline) for (const tab of this.tabs) tab.environment.goOffline();
  }

  swallow(opensSockets: boolean): void {
    if (this.isOnline) this.network.swallow(opensSockets);
  }

  goOnline(): void {
    if (this.isOnline) return;
    this.network.goUp();
    if (this.saysOffline) for (const tab of this.tabs) tab.environment.goOnline();
    this.saysOffline = false;
  }

  /** The browser dies: nothing is said to anybody. */
  async kill(): Promise<void> {
    for (const tab of this.tabs) tab.kill();
    for (const tab of this.tabs) await tab.open();
  }

  close(): void {
    for (const tab of this.tabs) tab.kill();
  }
}

interface Life {
  readonly chat: ChatClient;
  readonly room: RoomHandle;
  readonly port: NetworkPort;
  describe(): string;
  kill(): void;
}

export class Tab {
  readonly device: Device;
  readonly index: number;
  environment = new FakeEnvironment();
  #life: Life | null = null;
  /** Counts lives: what was asked of an earlier one may never have happened. */
  generation = 0;

  constructor(device: Device, index: number) {
    this.device = device;
    this.index = index;
  }

  /** `device.tab`, the same over reloads. */
  get name(): string {
    return `${this.device.options.index}.${this.index}`;
  }

  get chat(): ChatClient {
    return this.#need().chat;
  }

  get room(): RoomHandle {
    return this.#need().room;
  }

  get port(): NetworkPort {
    return this.#need().port;
  }

  /** For the log of a failure. */
  describe(): string {
    return this.#need().describe();
  }

  get messages(): readonly TimelineMessage[] {
    return this.room.view.get().messages;
  }

  async open(): Promise<void> {
    const { user, url, tablo, random, onSent, loses } = this.device.options;
    const environment = new FakeEnvironment();
    environment.hasNetwork = !this.device.saysOffline;
    this.environment = environment;
    const port = this.device.network.openPort();
    const mortal: MortalStore = openMortalStore(this.device.durable, random, loses);
    const channel = new MortalChannel(this.device.channels);
    const share = this.device.locks.openTab();
    const name = `User ${user.slice(0, 4)}`;
    const chat = await openChatClient({
      user: { id: user, name, email: null },
      tokens: { getToken: async () => tokenOf(user, { name }) },
      baseUrl: url,
      storage: { store: mortal.store, state: new Writable({ status: 'durable' as const }) },
      fetch: port.fetch,
      WebSocketImpl: port.WebSocketImpl,
      environment,
      openTabChannel: channel.open,
      tabLocks: share.locks,
      timing: TIMING,
      now: this.device.now,
    });
    const room = chat.openRoom(tablo);
    const noteSent = () => {
      for (const message of room.view.get().messages) if (message.delivery.status === 'sent') onSent(message);
    };
    const stop = room.view.subscribe(noteSent);
    this.#life = {
      chat,
      room,
      port,
      describe: () => `${JSON.stringify(chat.connection.get())} ${port.describe()}`,
      kill: () => {
        stop();
        mortal.kill();
        channel.kill();
        share.kill();
        port.kill();
        // Of a dead page nothing is left; here its timers have to be ended.
        chat.close().catch(() => {});
      },
    };
  }

  kill(): void {
    this.generation += 1;
    this.#life?.kill();
    this.#life = null;
  }

  /** The page says that it is being left, and may have a moment. */
  async reload(): Promise<void> {
    const { random } = this.device.options;
    this.environment.fire('hide');
    if (random.chance(0.5)) await delay(random.below(6));
    this.kill();
    await this.open();
  }

  #need(): Life {
    if (this.#life === null) throw new Error(`Tab ${this.name} is not open.`);
    return this.#life;
  }
}

/** A `BroadcastChannel` whose tab can die without a word. */
class MortalChannel {
  readonly #channels: Set<TabChannel>;
  #channel: TabChannel | null = null;
  #isDead = false;

  constructor(channels: Set<TabChannel>) {
    this.#channels = channels;
  }

  open: OpenTabChannel = () => {
    const channel: TabChannel = {
      onmessage: null,
      postMessage: (data) => {
        if (this.#isDead) return;
        const copy: unknown = structuredClone(data);
        for (const other of [...this.#channels])
          if (other !== channel) setTimeout(() => this.#channels.has(other) && other.onmessage?.({ data: copy }), 0);
      },
      close: () => this.#channels.delete(channel),
    };
    this.#channel = channel;
    this.#channels.add(channel);
    return channel;
  };

  kill(): void {
    this.#isDead = true;
    if (this.#channel !== null) this.#channels.delete(this.#channel);
  }
}
