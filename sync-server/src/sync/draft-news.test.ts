import type { DraftText } from '@tablo/schema/draft';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { parseServerStateless } from '@tablo/schema/stateless';
import { describe, expect, it } from 'vitest';
import { Connections } from './connections.ts';
import { DraftNews } from './draft-news.ts';
import type { LiveConnection } from './live-connection.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const tablo = '0197a000-0000-7000-8000-000000000001' as TabloId;

function join(connections: Connections) {
  const heard: unknown[] = [];
  let close = () => {};
  const connection = {
    context: { tabloId: tablo, userId: alice, socket: {} },
    onClose: (listener: () => void) => (close = listener),
    sendStateless: (payload: string) => heard.push(parseServerStateless(payload)),
  };
  connections.add(connection as unknown as LiveConnection, 0);
  return { heard, close: () => close() };
}

/** Answers when it is told to, with what is there then. */
class SlowDrafts {
  readings = 0;
  draft: DraftText = { text: 'first', at: 1 };
  #answer: (() => void) | null = null;

  find(): Promise<DraftText> {
    this.readings += 1;
    return new Promise((resolve) => {
      this.#answer = () => resolve(this.draft);
    });
  }

  async answer(): Promise<void> {
    this.#answer?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('news of drafts', () => {
  it('[R11] a hundred changes in a row are two readings, and the last one is told', async () => {
    const connections = new Connections();
    const { heard } = join(connections);
    const drafts = new SlowDrafts();
    const news = new DraftNews(drafts, connections);
    const told = Array.from({ length: 100 }, () => news.tell(tablo, alice));
    await drafts.answer();
    drafts.draft = { text: 'last', at: 100 };
    await drafts.answer();
    await Promise.all(told);
    expect(drafts.readings).toBe(2);
    expect(heard).toEqual([
      { type: 'draft', text: 'first', at: 1 },
      { type: 'draft', text: 'last', at: 100 },
    ]);
  });

  it('[R6] who is cut while it is read hears nothing, and for nobody nothing is read', async () => {
    const connections = new Connections();
    const { heard, close } = join(connections);
    const drafts = new SlowDrafts();
    const news = new DraftNews(drafts, connections);
    const telling = news.tell(tablo, alice);
    close();
    await drafts.answer();
    await telling;
    await news.tell(tablo, alice);
    expect({ heard, readings: drafts.readings }).toEqual({ heard: [], readings: 1 });
  });

  it('[R11] goes on after a reading that failed', async () => {
    const connections = new Connections();
    const { heard } = join(connections);
    let isAway = true;
    const find = async () => {
      if (isAway) throw new Error('the database is away');
      return { text: 'later', at: 2 };
    };
    const news = new DraftNews({ find }, connections);
    await expect(news.tell(tablo, alice)).rejects.toThrow('away');
    isAway = false;
    await news.tell(tablo, alice);
    expect(heard).toEqual([{ type: 'draft', text: 'later', at: 2 }]);
  });
});
