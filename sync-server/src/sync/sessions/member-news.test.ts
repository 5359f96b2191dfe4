import type { TabloId, UserId } from '@tablo/schema/ids';
import type { ServerStateless } from '@tablo/schema/wire/stateless';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addConnection } from '../test-connections.ts';
import { Connections } from './connections.ts';
import { MemberNews } from './member-news.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const tablo = '0197a000-0000-7000-8000-000000000001' as TabloId;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers when it is told to, with what is there then. */
class SlowRow {
  readings = 0;
  row: ServerStateless | null = { type: 'draft', text: 'first', at: 1 };
  #answer: (() => void) | null = null;

  read = (): Promise<ServerStateless | null> => {
    this.readings += 1;
    return new Promise((resolve) => {
      this.#answer = () => resolve(this.row);
    });
  };

  async answer(): Promise<void> {
    this.#answer?.();
    await vi.advanceTimersByTimeAsync(100);
  }
}

const onFailure = (error: unknown): void => {
  throw error;
};

describe('news of what a member has beside the document', () => {
  it('[R11] a hundred changes in a row are two readings, and the last one is told', async () => {
    const connections = new Connections();
    const { heard } = addConnection(connections, { tablo, user: alice });
    const slow = new SlowRow();
    const news = new MemberNews({ connections, read: slow.read, onFailure });
    for (let nth = 0; nth < 100; nth += 1) news.tell(tablo, alice);
    await slow.answer();
    slow.row = { type: 'draft', text: 'last', at: 100 };
    await slow.answer();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(slow.readings).toBe(2);
    expect(heard).toEqual([
      { type: 'draft', text: 'first', at: 1 },
      { type: 'draft', text: 'last', at: 100 },
    ]);
  });

  it('[R6] a member who is cut while it is read hears nothing, and for nobody nothing is read', async () => {
    const connections = new Connections();
    const { heard, leave } = addConnection(connections, { tablo, user: alice });
    const slow = new SlowRow();
    const news = new MemberNews({ connections, read: slow.read, onFailure });
    news.tell(tablo, alice);
    leave();
    await slow.answer();
    news.tell(tablo, alice);
    await slow.answer();
    expect({ heard, readings: slow.readings }).toEqual({ heard: [], readings: 1 });
  });

  it('[R11] news of what a member has beside the document goes on after a reading that failed', async () => {
    const connections = new Connections();
    const { heard } = addConnection(connections, { tablo, user: alice });
    const failures: unknown[] = [];
    let isAway = true;
    const read = async (): Promise<ServerStateless> => {
      if (isAway) throw new Error('the database is away');
      return { type: 'read', seq: 7 };
    };
    const news = new MemberNews({ connections, read, onFailure: (error) => failures.push(error) });
    news.tell(tablo, alice);
    await vi.advanceTimersByTimeAsync(100);
    isAway = false;
    news.tell(tablo, alice);
    await vi.advanceTimersByTimeAsync(100);
    expect({ heard, failures: failures.length }).toEqual({ heard: [{ type: 'read', seq: 7 }], failures: 1 });
  });
});
