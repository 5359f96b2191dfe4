import { afterEach, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { Writable } from '../base/readable.ts';
import { DEFAULT_TIMING } from '../base/timing.ts';
import type { ConnectionState } from '../chat.ts';
import { FakeEnvironment } from '../testing/fake-environment.ts';
import type { Connection } from './connection.ts';
import { type Environment, steadyEnvironment } from './environment.ts';
import { LateConnection, type LoadConnection } from './late-connection.ts';
import type { Link, LinkOptions } from './link.ts';

/** What was said to the connection, in its order. */
let heard: string[] = [];
afterEach(() => {
  heard = [];
  vi.useRealTimers();
});

class FakeConnection {
  readonly state = new Writable<ConnectionState>({ status: 'connecting' });

  open(): void {
    heard.push('begun');
  }

  openLink({ name, isUrgent }: LinkOptions): Link {
    heard.push(`open ${name}${isUrgent ? ', urgent' : ''}`);
    return {
      isReady: true,
      isReceiving: false,
      isUrgent,
      sendStateless: (payload) => heard.push(`${name} ${payload}`),
      setPresence: (state) => heard.push(`${name} presence ${JSON.stringify(state)}`),
      rejoin: () => heard.push(`${name} rejoin`),
      close: () => heard.push(`close ${name}`),
    };
  }

  noteNoTablos(hasNoTablos: boolean): void {
    heard.push(`no tablos: ${hasNoTablos}`);
  }

  reconnect(): void {
    heard.push('reconnect');
    this.state.set({ status: 'online' });
  }

  close(): void {
    heard.push('close');
  }
}

const script = { Connection: FakeConnection as unknown as new () => Connection };
const linkTo = (name: string): LinkOptions => ({ name, doc: new Y.Doc(), isUrgent: false, dispatch: () => {} });
const openConnection = (load: LoadConnection, environment: Environment = steadyEnvironment) =>
  new LateConnection(
    {
      url: 'ws://127.0.0.1:1/sync',
      tokens: { getToken: async () => null },
      environment,
      timing: DEFAULT_TIMING,
    },
    load,
  );

it('[R7] what is said before the connection is here is passed on to it, and the rest goes straight there', async () => {
  let arrive = (_: typeof script) => {};
  const connection = openConnection(() => new Promise((resolve) => (arrive = resolve)));
  const kitchen = connection.openLink(linkTo('kitchen'));
  const gone = connection.openLink(linkTo('gone'));
  expect([kitchen.isReady, kitchen.isReceiving]).toEqual([false, false]);
  kitchen.isUrgent = true;
  kitchen.setPresence({ typing: true });
  kitchen.sendStateless('too early');
  gone.close();
  connection.noteNoTablos(true);
  expect(connection.state.get()).toEqual({ status: 'connecting' });

  arrive(script);
  await vi.waitUntil(() => kitchen.isReady);
  kitchen.sendStateless('check');
  connection.openLink(linkTo('garden'));
  kitchen.close();
  expect(heard).toEqual([
    'begun',
    'no tablos: true',
    'open kitchen, urgent',
    'kitchen presence {"typing":true}',
    'kitchen check',
    'open garden',
    'close kitchen',
  ]);
});

it('[R11] a script that does not come is asked for again: by itself, and at once when the user asks', async () => {
  vi.useFakeTimers();
  const answers = [false, false, true];
  const load = vi.fn(async () => {
    if (answers.shift()) return script;
    throw new TypeError('Failed to fetch dynamically imported module');
  });
  const connection = openConnection(load);
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.state.get()).toEqual({ status: 'offline' });
  await vi.advanceTimersByTimeAsync(DEFAULT_TIMING.retryMinMs);
  expect(load).toHaveBeenCalledTimes(2);

  connection.reconnect();
  await vi.advanceTimersByTimeAsync(0);
  expect(load).toHaveBeenCalledTimes(3);
  expect(heard).toEqual(['begun', 'no tablos: false', 'reconnect']);
  expect(connection.state.get()).toEqual({ status: 'online' });
});

it('[R11] one that stays away is asked for when the network is back, and a device that has one is told what may help', async () => {
  const environment = new FakeEnvironment();
  environment.goOffline();
  let isThere = false;
  const load = vi.fn(async () => {
    if (isThere) return script;
    throw new TypeError('Failed to fetch dynamically imported module');
  });
  const connection = openConnection(load, environment);
  const state = () => connection.state.get();
  await vi.waitUntil(() => state().status === 'offline');
  for (const times of [2, 3]) {
    environment.fire('wake');
    await vi.waitUntil(() => load.mock.calls.length === times);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(state()).toEqual({ status: 'offline' });
  environment.goOnline();
  await vi.waitUntil(() => 'obstacle' in state());
  expect(state()).toMatchObject({ obstacle: expect.stringContaining('Load the page again') });
  isThere = true;
  environment.fire('visible');
  await vi.waitUntil(() => heard.includes('begun'));
  environment.fire('online');
  expect(load).toHaveBeenCalledTimes(5);
});

it('a chat that is closed before the connection is here never connects', async () => {
  let arrive = (_: typeof script) => {};
  const loaded = new Promise<typeof script>((resolve) => (arrive = resolve));
  const connection = openConnection(() => loaded);
  connection.close();
  arrive(script);
  await loaded;
  await Promise.resolve();
  expect(heard).toEqual([]);
});
