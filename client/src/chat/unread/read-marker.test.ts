import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.ts';
import { ChannelRecords } from './channel-records.ts';
import { ReadMarker } from './read-marker.ts';
import { SeqKnowledge } from './seq-knowledge.ts';

const ALICE = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;
const BOB = 'bbbbbbbb-0000-4000-8000-0000000000b2' as UserId;
const TABLO = 'cccccccc-0000-4000-8000-000000000001' as TabloId;

/** What the room has: the document's messages, and what stands on the screen. They differ while a document is replaced by that of the next epoch. */
let document: Map<EntryId, UserId>;
let screen: EntryId[];
let seqs: SeqKnowledge;
let book: ChannelRecords;
let marker: ReadMarker;

const record = () => book.get(TABLO);

function list(lastSeq = 0): void {
  book.put({
    id: TABLO,
    name: 'Kitchen',
    role: 'member',
    epoch: 1,
    createdAt: 0,
    lastSeq,
    readSeq: 0,
    unread: {},
    unlistedUnread: 0,
    pendingRead: null,
    lastMessage: null,
  });
}

function receive(seq: number): EntryId {
  const id = createEntryId();
  document.set(id, BOB);
  screen.push(id);
  marker.arrived(id, BOB);
  marker.numbered([{ id, seq }]);
  return id;
}

beforeEach(async () => {
  document = new Map();
  screen = [];
  seqs = new SeqKnowledge();
  seqs.join(Number.MAX_SAFE_INTEGER, 0);
  book = await ChannelRecords.open(new MemoryStore());
  marker = new ReadMarker({
    ...{ tabloId: TABLO, reader: ALICE, book, seqs },
    timeline: { authorOf: (id) => document.get(id) ?? null },
    screen: { othersShown: () => screen },
  });
});

describe('marking everything read', () => {
  it('[R10] marking everything read counts what stands on the screen while the document is being replaced', () => {
    list();
    receive(1);
    receive(2);
    document.clear();
    seqs.leave();
    marker.markRead();
    expect(record()).toMatchObject({ readSeq: 2, pendingRead: 2, unread: {} });
  });

  it('[R10] marking everything read waits for the number of what came without one, from `committed` or from an answer', () => {
    list();
    const [first, second] = [createEntryId(), createEntryId()];
    for (const id of [first, second]) {
      document.set(id, BOB);
      marker.arrived(id, BOB);
    }
    seqs.leave();
    marker.markRead();
    expect(record()?.readSeq).toBe(0);
    marker.numbered([{ id: first, seq: 1 }]);
    expect(record()).toMatchObject({ readSeq: 1, pendingRead: 1 });
    marker.answered({ count: 1, messages: [{ id: second, seq: 2 }] }, 2);
    expect(record()).toMatchObject({ readSeq: 2, pendingRead: 2, unread: {} });
  });

  it('[R10] marking everything read holds for what stands on the screen of a tablo that is not listed yet', () => {
    screen.push(createEntryId());
    marker.markRead();
    list(1);
    marker.answered({ count: 1, messages: [{ id: screen[0] as EntryId, seq: 1 }] }, 0);
    expect(record()).toMatchObject({ readSeq: 1, pendingRead: 1, unread: {} });
  });

  it('[R10] marking everything read does not reach what only the list tells of', () => {
    list();
    receive(1);
    seqs.join(1, 0);
    book.update(TABLO, (current) => ({ ...current, lastSeq: 3 }));
    marker.markRead();
    expect(record()?.readSeq).toBe(1);
  });

  it('[R10] marking everything read does not reach what was announced and has not come', () => {
    list();
    receive(1);
    marker.numbered([{ id: createEntryId(), seq: 2 }]);
    book.update(TABLO, (current) => ({ ...current, lastSeq: 3 }));
    marker.markRead();
    expect(record()?.readSeq).toBe(1);
  });
});
