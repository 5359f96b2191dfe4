// One tab's hold on its browser's store. Calls are transactions in a row, each taking a moment; when the tab is killed, what has not begun never happens.
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalStore, OutboxRecord, OutboxView, OutboxWrites } from '@tablo/client/chat/store/local-store';
import type { Random } from '@tablo/schema/testing/random';

const WRITES = new Set<keyof LocalStore>([
  'appendUpdate',
  'replaceUpdates',
  'changeOutbox',
  'writeChannels',
  'writeRows',
  'clearRows',
  'writeMembers',
  'writeDraft',
  'writeMeta',
  'forgetTablo',
]);

export interface MortalStore {
  readonly store: LocalStore;
  kill(): void;
}

/** `loses`: for the test of the harness itself, a store that forgets these. */
export function openMortalStore(
  durable: LocalStore,
  random: Random,
  loses?: (record: OutboxRecord) => boolean,
): MortalStore {
  let isDead = false;
  let tail: Promise<unknown> = Promise.resolve();

  const call = (name: keyof LocalStore, args: unknown[]): Promise<unknown> => {
    const work = tail.then(async () => {
      if (random.chance(0.25)) await delay(random.below(4));
      if (isDead && WRITES.has(name)) return name === 'appendUpdate' ? 0 : name === 'changeOutbox' ? {} : undefined;
      const method = durable[name] as (...given: unknown[]) => Promise<unknown>;
      return structuredClone(await method.apply(durable, args));
    });
    tail = work.catch(() => {});
    return work;
  };

  const store = new Proxy(durable, {
    get: (_target, name) => {
      // The browser's store outlives its tabs.
      if (name === 'close') return async () => {};
      return (...args: unknown[]) =>
        call(
          name as keyof LocalStore,
          args.map((arg) => copy(name, arg, loses)),
        );
    },
  });
  return {
    store,
    kill: () => {
      isDead = true;
    },
  };
}

function copy(name: string | symbol, arg: unknown, loses?: (record: OutboxRecord) => boolean): unknown {
  if (typeof arg !== 'function') return structuredClone(arg);
  if (name !== 'changeOutbox' || loses === undefined) return arg;
  const decide = arg as Parameters<LocalStore['changeOutbox']>[1];
  return (view: OutboxView): OutboxWrites => {
    const writes = decide(view);
    return { ...writes, put: (writes.put ?? []).filter((record) => !loses(record)) };
  };
}
