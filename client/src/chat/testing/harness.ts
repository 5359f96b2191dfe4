/** For tests: clients of the fake server, a browser's tabs, a network that goes and comes; and waiting for a condition instead of for a while. */
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { vi } from 'vitest';
import { Writable } from '../base/readable.ts';
import type { Timing } from '../base/timing.ts';
import type { RoomHandle } from '../chat.ts';
import { type ChatClient, openChatClient } from '../chat-client.ts';
import type { ChatClientOptions } from '../chat-options.ts';
import { CachedTokens } from '../session/session.ts';
import type { LocalStore } from '../store/local-store.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { OpenTabChannel, TabChannel, TabLocks } from '../store/tabs.ts';
import { FakeEnvironment } from './fake-environment.ts';
import { FakeLocks } from './fake-locks.ts';
import { type FakeServer, type FakeTablo, fakeToken } from './fake-server.ts';

export const ALICE = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;
export const BOB = 'bbbbbbbb-0000-4000-8000-0000000000b2' as UserId;

export const FAST: Partial<Timing> = {
  joinTimeoutMs: 400,
  checkAnswerMs: 150,
  askHeldMs: 400,
  reconnectMinMs: 20,
  reconnectMaxMs: 60,
  retryMinMs: 20,
  retryMaxMs: 100,
  listDebounceMs: 5,
  askGapMs: 5,
  readReportMs: 5,
  updateSaveMs: 5,
  draftSaveMs: 5,
  draftReportMs: 10,
  offlineAfterMs: 400,
};

export const until = (check: () => unknown, timeout = 8_000): Promise<unknown> =>
  vi.waitFor(check, { timeout, interval: 5 });

/** One browser: tabs that hear each other, and one store. */
export class FakeBrowser {
  readonly store: LocalStore;
  readonly locks = new FakeLocks();
  readonly #channels = new Set<TabChannel>();

  constructor(store: LocalStore = new MemoryStore()) {
    this.store = store;
  }

  openTabChannel: OpenTabChannel = () => {
    const channel: TabChannel = {
      onmessage: null,
      postMessage: (data) => {
        const copy: unknown = structuredClone(data);
        for (const other of this.#channels)
          if (other !== channel) queueMicrotask(() => other.onmessage?.({ data: copy }));
      },
      close: () => this.#channels.delete(channel),
    };
    this.#channels.add(channel);
    return channel;
  };
}

export interface Device {
  readonly chat: ChatClient;
  readonly environment: FakeEnvironment;
  readonly browser: FakeBrowser;
  /** The tab crashes: its locks are free, and it says nothing. */
  loseLocks(): void;
}

const opened: ChatClient[] = [];

export async function openDevice(
  server: FakeServer,
  user: UserId,
  {
    browser = new FakeBrowser(),
    environment = new FakeEnvironment(),
    timing = {},
    ...rest
  }: { browser?: FakeBrowser; environment?: FakeEnvironment; timing?: Partial<Timing> } & Partial<
    Omit<ChatClientOptions, 'timing' | 'environment'>
  > = {},
): Promise<Device> {
  const tab: { readonly locks: TabLocks; kill(): void } = browser.locks.openTab();
  const chat = await openChatClient({
    user: { id: user, name: `Name ${user.slice(-2)}`, email: null },
    tokens: new CachedTokens(async () => fakeToken(user)),
    baseUrl: server.url,
    storage: { store: browser.store, state: new Writable({ status: 'durable' as const }) },
    environment,
    openTabChannel: browser.openTabChannel,
    tabLocks: tab.locks,
    timing: { ...FAST, ...timing },
    ...rest,
  });
  opened.push(chat);
  return { chat, environment, browser, loseLocks: tab.kill };
}

export async function closeDevices(): Promise<void> {
  await Promise.all(opened.splice(0).map((chat) => chat.close()));
}

export function texts(room: RoomHandle): readonly string[] {
  return room.view
    .get()
    .messages.filter((message) => !message.isDeleted)
    .map((message) => message.text);
}

export function statusOf(room: RoomHandle, text: string): string | null {
  return find(room, text)?.delivery.status ?? null;
}

export function find(room: RoomHandle, text: string): TimelineMessage | null {
  return room.view.get().messages.find((message) => message.text === text) ?? null;
}

export function unreadOf({ chat }: Device, tablo: { readonly id: TabloId } | FakeTablo): number | null {
  return chat.channels.get().channels.find(({ id }) => id === tablo.id)?.unreadCount ?? null;
}

interface ArchiveOptions {
  readonly textOf?: (nth: number) => string;
  /** ms after the first one. */
  readonly sentAfter?: (nth: number) => number;
}

/** As many messages of Bob, of a day ago, as a tablo has that is at its fourth document: all of them are rows, and the document is young. */
export function fillArchive(
  tablo: FakeTablo,
  count: number,
  { textOf = (nth) => `row ${nth}`, sentAfter = (nth) => nth * 1_000 }: ArchiveOptions = {},
): EntryId[] {
  const start = Date.now() - 86_400_000;
  const ids = Array.from({ length: count }, (_, nth) => createEntryId(start + nth));
  ids.forEach((id, nth) => {
    const entry = { kind: 'message' as const, id, author: BOB, sentAt: start + sentAfter(nth), text: textOf(nth) };
    tablo.durable.set(id, { entry, seq: nth + 1, isDeleted: false });
  });
  tablo.lastSeq = count;
  tablo.epoch = 4;
  return ids;
}
