/** What every local store does. Run on memory, on IndexedDB, and on the store that stands between. */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { createEntryId } from '@tablo/schema/ids';
import type { TimelineRow } from '@tablo/schema/timeline';
import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { compactUpdates } from '../replica/compact.ts';
import type { ChannelRecord, DraftRecord, LocalStore, OutboxRecord } from '../store/local-store.ts';

const KITCHEN = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;
const GARDEN = 'aaaaaaaa-0000-4000-8000-000000000002' as TabloId;
const ALICE = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;

const outboxRecord = (id: EntryId, text: string): OutboxRecord => ({
  id,
  tabloId: KITCHEN,
  entry: { kind: 'message', id, author: ALICE, sentAt: 1, text },
  delivery: { status: 'pending' },
  createdAt: 1,
  owner: 'tab',
});

const row = (shownAt: number, text = String(shownAt)): TimelineRow => ({
  id: createEntryId(shownAt),
  author: ALICE,
  text,
  sentAt: shownAt,
  shownAt,
  replyTo: null,
  edit: null,
  isDeleted: false,
  reactions: [],
});

const draft = (text: string, at: number, isReported = false): DraftRecord => ({
  tabloId: KITCHEN,
  text,
  at,
  isReported,
});

const channel = (id: TabloId): ChannelRecord => ({
  id,
  name: 'Kitchen',
  role: 'owner',
  epoch: 3,
  createdAt: 1,
  lastSeq: 4,
  readSeq: 2,
  unread: {},
  unlistedUnread: 0,
  pendingRead: 2,
  lastMessage: null,
});

export function describeLocalStore(name: string, open: () => Promise<LocalStore>): void {
  describe(`the local store (${name})`, () => {
    let store: LocalStore | null = null;
    const opened = async (): Promise<LocalStore> => {
      store = await open();
      return store;
    };

    afterEach(async () => {
      await store?.destroy();
      store = null;
    });

    it('[R7] the local store keeps updates by document, in order, and counts them', async () => {
      const one = await opened();
      expect(await one.appendUpdate('a/1', new Uint8Array([1]))).toBe(1);
      expect(await one.appendUpdate('b/1', new Uint8Array([9]))).toBe(1);
      expect(await one.appendUpdate('a/1', new Uint8Array([2]))).toBe(2);
      expect((await one.readUpdates('a/1')).map((update) => [...update])).toEqual([[1], [2]]);
      expect((await one.readUpdates('b/1')).map((update) => [...update])).toEqual([[9]]);
    });

    it('[R9] the local store merges many rows into one without losing or keeping too much', async () => {
      const one = await opened();
      const doc = new Y.Doc();
      const updates: Uint8Array[] = [];
      doc.on('update', (update: Uint8Array) => updates.push(update));
      for (let index = 0; index < 300; index += 1) doc.getArray('messages').push([{ text: `secret ${index}` }]);
      doc.getArray('messages').delete(7);
      for (const update of updates) await one.appendUpdate('a/1', update);
      await one.replaceUpdates('a/1', compactUpdates);
      const stored = await one.readUpdates('a/1');
      expect(stored).toHaveLength(1);
      const again = new Y.Doc();
      Y.applyUpdate(again, stored[0]!);
      expect(again.getArray('messages').length).toBe(299);
      expect(new TextDecoder().decode(stored[0]!)).not.toContain('secret 7"');
      expect(await one.appendUpdate('a/1', new Uint8Array([0, 0]))).toBe(2);
    });

    it('[R8] the local store keeps the outbox, changed in one step', async () => {
      const one = await opened();
      const [first, second] = [createEntryId(), createEntryId()];
      await one.changeOutbox([], () => ({ put: [outboxRecord(first, 'first')] }));
      await one.changeOutbox([first], () => ({ put: [outboxRecord(second, 'second')], remove: [first] }));
      expect(await one.readOutbox()).toEqual([outboxRecord(second, 'second')]);
      expect(await one.readOutboxRecords([second, first])).toEqual([outboxRecord(second, 'second'), null]);
    });

    it('[R8] the local store shows a change of the outbox what became of a message, and what was done to it', async () => {
      const one = await opened();
      const [old, middle, last, other] = [createEntryId(), createEntryId(), createEntryId(), createEntryId()];
      const reaction = (target: EntryId, delivery: OutboxRecord['delivery']): OutboxRecord => {
        const id = createEntryId();
        const entry = { kind: 'reaction', id, author: ALICE, sentAt: 2, target, emoji: '👍', on: true } as const;
        return { ...outboxRecord(id, ''), entry, delivery };
      };
      const withdrawn = (id: EntryId, replacedBy: EntryId | null): OutboxRecord => ({
        ...outboxRecord(id, 'old'),
        delivery: { status: 'withdrawn', replacedBy, at: 1 },
      });
      const [live, gone] = [reaction(last, { status: 'pending' }), reaction(last, withdrawn(last, null).delivery)];
      const put = [withdrawn(old, middle), withdrawn(middle, last), outboxRecord(last, 'new'), live, gone];
      await one.changeOutbox([], () => ({ put: [...put, outboxRecord(other, 'other')] }));
      const seen = await one.changeOutbox([old], (view) => ({
        put: [view.get(old), view.get(middle), view.get(last), ...view.changesOf(last)].filter(
          (record) => record !== null,
        ),
      }));
      expect(seen.put).toEqual([withdrawn(old, middle), withdrawn(middle, last), outboxRecord(last, 'new'), live]);
    });

    it('[R8] the local store takes changes of the outbox one after the other', async () => {
      const one = await opened();
      const id = createEntryId();
      await one.changeOutbox([], () => ({ put: [outboxRecord(id, 'x')] }));
      const append = (letter: string) =>
        one.changeOutbox([id], (view) => {
          const { entry } = view.get(id) as OutboxRecord;
          return { put: [outboxRecord(id, `${entry.kind === 'message' ? entry.text : ''}${letter}`)] };
        });
      await Promise.all(['a', 'b', 'c'].map(append));
      expect(await one.readOutboxRecords([id])).toEqual([outboxRecord(id, 'xabc')]);
    });

    it('[R7] pages through rows backwards, by time and id', async () => {
      const one = await opened();
      const rows = [10, 20, 20, 30, 40].map((time) => row(time));
      const sorted = [...rows].sort((left, right) => left.shownAt - right.shownAt || (left.id < right.id ? -1 : 1));
      await one.writeRows(KITCHEN, { put: rows });
      await one.writeRows(GARDEN, { put: [row(35, 'elsewhere')] });
      expect(await one.readRows(KITCHEN, null, 2)).toEqual(sorted.slice(3));
      expect(await one.readRows(KITCHEN, sorted[3]!, 2)).toEqual(sorted.slice(1, 3));
      expect(await one.readRows(KITCHEN, sorted[2]!, 50)).toEqual(sorted.slice(0, 2));
      expect(await one.readRows(KITCHEN, null, Number.POSITIVE_INFINITY)).toEqual(sorted);
      expect(await one.readRows(KITCHEN, sorted[2]!, Number.POSITIVE_INFINITY)).toEqual(sorted.slice(0, 2));
    });

    it('a row replaces the one with its id, wherever that stood', async () => {
      const one = await opened();
      const early = row(10, 'early');
      await one.writeRows(KITCHEN, { put: [early, row(20)] });
      const late = { ...early, shownAt: 99, text: 'late' };
      await one.writeRows(KITCHEN, { put: [late] });
      expect((await one.readRows(KITCHEN, null, 9)).map(({ text }) => text)).toEqual(['20', 'late']);
      await one.writeRows(KITCHEN, { remove: [early.id] });
      expect((await one.readRows(KITCHEN, null, 9)).map(({ text }) => text)).toEqual(['20']);
    });

    it('[R7] the local store keeps channels, members and facts', async () => {
      const one = await opened();
      await one.writeChannels({ put: [channel(KITCHEN), channel(GARDEN)] });
      await one.writeChannels({ remove: [GARDEN] });
      expect(await one.readChannels()).toEqual([channel(KITCHEN)]);
      const member = { id: ALICE, name: 'Alice', email: null, avatarUrl: null, role: 'owner' as const };
      await one.writeMembers(KITCHEN, [member]);
      expect(await one.readMembers(KITCHEN)).toEqual([member]);
      expect(await one.readMembers(GARDEN)).toEqual([]);
      await one.writeMeta('fact', 7);
      expect(await one.readMeta('fact')).toBe(7);
      expect(await one.readMeta('other')).toBeNull();
    });

    it('[R7] the local store keeps what people are called, and who has left which tablo until they are back or the tablo is forgotten', async () => {
      const one = await opened();
      const bob = 'bbbbbbbb-0000-4000-8000-0000000000b2' as UserId;
      expect(await one.readPeople()).toEqual({ names: [], former: [] });
      await one.writeMeta('fact', 7);
      const former = [
        [KITCHEN, ALICE],
        [KITCHEN, bob],
        [GARDEN, bob],
      ] as const;
      await one.writePeople({ names: [[ALICE, 'Alice']], former, returned: [] });
      await one.writePeople({ names: [[bob, 'Bob']], former: [], returned: [[KITCHEN, ALICE]] });
      await one.writePeople({ names: [[bob, 'Robert']], former: [], returned: [] });
      const names = [
        [ALICE, 'Alice'],
        [bob, 'Robert'],
      ];
      expect(await one.readPeople()).toEqual({ names, former: [former[1], former[2]] });
      await one.forgetTablo(KITCHEN);
      expect(await one.readPeople()).toEqual({ names, former: [former[2]] });
      expect(await one.readMeta('fact')).toBe(7);
    });

    it('[R7] the local store keeps the latest draft, whichever tab writes last, and knows once it was reported', async () => {
      const one = await opened();
      expect(await one.readDraft(KITCHEN)).toBeNull();
      await one.writeDraft(draft('half a thou', 10));
      await one.writeDraft(draft('half', 9, true));
      expect(await one.readDraft(KITCHEN)).toEqual(draft('half a thou', 10));
      await one.writeDraft(draft('half a thou', 10, true));
      await one.writeDraft(draft('half a thou', 10));
      expect(await one.readDrafts()).toEqual([draft('half a thou', 10, true)]);
      await one.writeDraft(draft('', 11));
      await one.writeDraft(draft('half a thou', 10, true));
      expect(await one.readDraft(KITCHEN)).toEqual(draft('', 11));
    });

    it('[R8] the local store keeps the later aim of a draft, whichever text is later', async () => {
      const one = await opened();
      const aim = (at: number) => ({ replyTo: null, edit: null, at });
      await one.writeDraft({ ...draft('typed', 10), aim: aim(5) });
      await one.writeDraft(draft('typed on', 11));
      expect(await one.readDraft(KITCHEN)).toEqual({ ...draft('typed on', 11), aim: aim(5) });
      await one.writeDraft({ ...draft('older', 9), aim: aim(7) });
      await one.writeDraft({ ...draft('newer', 12), aim: aim(6) });
      expect(await one.readDraft(KITCHEN)).toEqual({ ...draft('newer', 12), aim: aim(7) });
    });

    it('[R8] the local store forgets a tablo, but not what its author has typed', async () => {
      const one = await opened();
      const id = createEntryId();
      await one.appendUpdate(`${KITCHEN}/1`, new Uint8Array([1]));
      await one.appendUpdate(`${GARDEN}/1`, new Uint8Array([1]));
      await one.writeRows(KITCHEN, { put: [row(1)] });
      await one.writeChannels({ put: [channel(KITCHEN)] });
      await one.changeOutbox([], () => ({ put: [outboxRecord(id, 'unsent')] }));
      await one.writeDraft(draft('typed', 1));
      await one.forgetTablo(KITCHEN);
      const kept = [await one.readUpdates(`${KITCHEN}/1`), await one.readUpdates(`${GARDEN}/1`)];
      expect(kept.map((updates) => updates.length)).toEqual([0, 1]);
      expect(await one.readRows(KITCHEN, null, 9)).toEqual([]);
      expect(await one.readChannels()).toEqual([]);
      expect(await one.readOutbox()).toHaveLength(1);
      expect(await one.readDraft(KITCHEN)).toEqual(draft('typed', 1));
    });
  });
}
