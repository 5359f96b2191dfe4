import { createMessage } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { EMPTY_STATE, LiveDocument } from '../ledger/store/live-document.ts';
import type { Missed } from '../ledger/store/missed.ts';
import { CatchUp } from './catch-up.ts';
import type { Found } from './log-reader.ts';

const author = '00000000-0000-4000-8000-00000000000a' as UserId;
const events = { onCommitted() {}, onMoved() {}, onBroken() {}, onIdle() {} };

function openDocument() {
  const doc = new Y.Doc();
  const document = new LiveDocument(
    { tabloId: createEntryId() as string as TabloId, epoch: 1 },
    doc,
    EMPTY_STATE,
    events,
  );
  return { document, texts: () => doc.getArray<{ text: string }>('messages').map(({ text }) => text) };
}

function open() {
  const { document, texts } = openDocument();
  const reads: { count: number; answer: (...found: Found[]) => void }[] = [];
  const state = { mayShow: true, rows: 0, failures: 0 };
  const catchUp = new CatchUp({
    reader: {
      read: (documents) =>
        new Promise((resolve) => {
          reads.push({
            count: documents.length,
            answer: (...found) => resolve(documents.map((_, nth) => found[nth] ?? (found[0] as Found))),
          });
        }),
    },
    mayShow: () => state.mayShow,
    onRows: (_, rows) => {
      state.rows += rows;
    },
    onFailure: () => {
      state.failures += 1;
    },
  });
  return { document, catchUp, reads, state, texts };
}

function missed(id: bigint, text: string): Missed {
  const source = new Y.Doc();
  const message = createMessage({ author, sentAt: 1 }, text);
  source.getArray('messages').push([message]);
  const rows = [{ id, update: Y.encodeStateAsUpdate(source) }];
  return { snapshot: null, rows, messages: [{ id: message.id, seq: Number(id) }] };
}

describe('catching up', () => {
  it('[N1] reads once for all that ask meanwhile, and passes over what it has', async () => {
    const { document, catchUp, reads, state, texts } = open();
    const asked = [catchUp.ask(document, 'hint'), catchUp.ask(document, 'look')];
    await expect.poll(() => reads).toHaveLength(1);
    const later = catchUp.ask(document, 'hint');
    const first = missed(1n, 'first');
    reads[0]?.answer({ epoch: 1, missed: first });
    await Promise.all(asked);
    expect(texts()).toEqual(['first']);
    await expect.poll(() => reads).toHaveLength(2);
    reads[1]?.answer({ epoch: 1, missed: first });
    await later;
    expect([state.rows, texts(), document.head, document.lastSeq]).toEqual([1, ['first'], 1n, 1]);
  });

  it('[N1] while a decision is under way nothing comes in; it is read again afterwards', async () => {
    const { document, catchUp, reads, texts } = open();
    const asked = catchUp.ask(document, 'hint');
    await expect.poll(() => reads).toHaveLength(1);
    document.beginDecision();
    reads[0]?.answer({ epoch: 1, missed: missed(2n, 'second') });
    await asked;
    expect(texts()).toEqual([]);
    expect(reads).toHaveLength(1);
    document.endDecision();
    await expect.poll(() => reads).toHaveLength(2);
    reads[1]?.answer({ epoch: 1, missed: missed(2n, 'second') });
    await expect.poll(texts).toEqual(['second']);
  });

  it('[R6] while changes of memberships are not heard, nothing is read, and what was read before is dropped', async () => {
    const { document, catchUp, reads, state, texts } = open();
    const asked = catchUp.ask(document, 'hint');
    await expect.poll(() => reads).toHaveLength(1);
    state.mayShow = false;
    reads[0]?.answer({ epoch: 1, missed: missed(1n, 'secret') });
    await asked;
    await catchUp.ask(document, 'look');
    expect([texts(), reads.length, state.failures]).toEqual([[], 1, 0]);
  });

  it('[R9] a document whose tablo has a later one is left', async () => {
    const { document, catchUp, reads } = open();
    const asked = catchUp.ask(document, 'hint');
    await expect.poll(() => reads).toHaveLength(1);
    reads[0]?.answer({ epoch: 2, missed: null });
    await asked;
    expect(document.hasMoved).toBe(true);
  });
});

describe('one document’s trouble', () => {
  const damaged: Missed = { snapshot: null, rows: [{ id: 1n, update: Uint8Array.of(1, 2, 3) }], messages: [] };
  /** Two messages of one clientID, of which the first is not there. */
  const holed = (): Missed => {
    const source = new Y.Doc();
    source.getArray('messages').push([createMessage({ author, sentAt: 1 }, 'first')]);
    const before = Y.encodeStateVector(source);
    source.getArray('messages').push([createMessage({ author, sentAt: 1 }, 'second')]);
    return { snapshot: null, rows: [{ id: 2n, update: Y.encodeStateAsUpdate(source, before) }], messages: [] };
  };

  it.each<[what: string, found: () => Found, isBroken: boolean]>([
    ['a row of the log that does not decode', () => ({ epoch: 1, missed: damaged }), true],
    ['a hole in the log', () => ({ epoch: 1, missed: holed() }), true],
    ['what the database cannot read', () => ({ error: new Error('missing chunk') }), false],
  ])('[N1] stops no other: %s', async (_, find, isBroken) => {
    const { document, catchUp, reads, state } = open();
    const [well, alsoWell] = [openDocument(), openDocument()];
    const all = [well.document, document, alsoWell.document].map((one) => catchUp.ask(one, 'hint'));
    await expect.poll(() => reads).toHaveLength(1);
    const found = (text: string): Found => ({ epoch: 1, missed: missed(1n, text) });
    reads[0]?.answer(found('one'), find(), found('two'));
    await Promise.all(all);
    expect([well.texts(), alsoWell.texts(), document.isBroken]).toEqual([['one'], ['two'], isBroken]);
    expect([well.document.isBroken, state.rows]).toEqual([false, 2]);
    // It is given up: nothing is read for it, and nothing comes into it.
    if (!isBroken) return;
    await catchUp.ask(document, 'look');
    expect([reads.length, document.advance(missed(3n, 'third')), document.head]).toEqual([1, 0, 0n]);
  });

  it('[N1] [R1] what others have missed, however long it is read, keeps nobody waiting who joins or writes', async () => {
    const { document, catchUp, reads, texts } = open();
    const other = openDocument();
    void catchUp.ask(other.document, 'look');
    await expect.poll(() => reads).toHaveLength(1);
    const joined = catchUp.ask(document, 'join');
    await expect.poll(() => reads).toHaveLength(2);
    reads[1]?.answer({ epoch: 1, missed: missed(1n, 'at once') });
    await joined;
    expect([texts(), other.texts()]).toEqual([['at once'], []]);
  });
});
