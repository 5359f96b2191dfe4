import { createDeletion, createEdit, createReaction, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { PgDocumentStore } from '../documents/pg-document-store.ts';
import { Ledger } from '../ledger/ledger.ts';
import { PgLedgerStore } from '../ledger/store/pg-ledger.ts';
import { type Loaded, load, Replica, submissionOf } from '../ledger/testing/ledger-fixture.ts';
import { type ImportStage, openImportStage } from './testing/import-stage.ts';
import { alice, bob, carol, channelOf, message, TABLO } from './testing/small-export.ts';

const tablo = TABLO as TabloId;
/** After all that the exports here hold. */
const NOW = Date.UTC(2025, 5, 1);

let stage: ImportStage;
let ledger: Ledger;
beforeEach(async () => {
  stage = await openImportStage();
  ledger = new Ledger(new PgLedgerStore(stage.pool), { onCommit() {}, onFailure() {} });
  await stage.makeTablo(TABLO, { [alice]: 'owner', [bob]: 'member', [carol]: 'member' });
});
afterEach(async () => {
  await ledger.close(0);
  await stage.close();
});

/** What is written here, by whoever wrote it. */
async function say(loaded: Loaded, entries: readonly MemberEntry[], at: number): Promise<void> {
  for (const entry of entries) {
    const replica = new Replica(entry.author);
    replica.pull(loaded.doc);
    const outcome = await ledger.submit(submissionOf(loaded.live, entry.author, replica.push(entry), at));
    expect(outcome.type).toBe('committed');
  }
}

async function loadLive(): Promise<Loaded> {
  const { rows } = await stage.pool.query<{ epoch: number }>('SELECT epoch FROM tablos WHERE id = $1', [TABLO]);
  const name = { tabloId: tablo, epoch: rows[0]?.epoch ?? 0 };
  const stored = await new PgDocumentStore(stage.pool).load(name);
  const doc = new Y.Doc();
  if (stored.state !== null) Y.applyUpdate(doc, stored.state);
  const { logIds, serverClient, head, lastSeq } = stored;
  return load(tablo, name.epoch, doc, { logIds, serverClient, head, lastSeq, bytes: stored.state?.byteLength ?? 0 });
}

async function listTexts(order: string): Promise<readonly string[]> {
  const { rows } = await stage.pool.query<{ text: string }>(
    `SELECT text FROM messages WHERE channel_id = $1 ORDER BY ${order}`,
    [TABLO],
  );
  return rows.map(({ text }) => text);
}

async function readTo(user: UserId, seq: number): Promise<void> {
  await stage.pool.query('INSERT INTO channel_read_state (user_id, channel_id, last_read_seq) VALUES ($1, $2, $3)', [
    user,
    TABLO,
    seq,
  ]);
}

async function listUnread(user: UserId): Promise<readonly string[]> {
  const { rows } = await stage.pool.query<{ text: string }>(
    `SELECT text FROM messages WHERE channel_id = $1 AND user_id <> $2 AND deleted_at IS NULL
       AND seq > coalesce((SELECT last_read_seq FROM channel_read_state WHERE channel_id = $1 AND user_id = $2), 0) ORDER BY seq`,
    [TABLO, user],
  );
  return rows.map(({ text }) => text);
}

const newMessage = (author: UserId, text: string, at: number) => new Replica(author).message(text, at);
const textsOf = ({ doc }: Loaded): readonly unknown[] =>
  doc
    .getArray<{ kind: string; text?: string }>('messages')
    .toArray()
    .filter(({ kind }) => kind === 'message')
    .map(({ text }) => text);

describe('an import into a tablo that people write in already', () => {
  it('[R5] [R10] puts the history before what was written since: nobody’s read position gains or loses a message', async () => {
    const live = load(tablo);
    await say(
      live,
      ['one', 'two', 'three', 'four'].map((text, nth) => newMessage(alice, text, NOW + nth)),
      NOW + 10,
    );
    await readTo(bob, 2);
    await stage.write('export.json', [
      channelOf(
        [
          message({ id: 'a', text: 'old one' }),
          message({ id: 'b', text: 'old two' }),
          message({ id: 'c', text: 'old three' }),
        ],
        { read: [{ user: { id: carol }, last_read_message_id: 'b' }] },
      ),
    ]);
    await stage.importFile('export.json');
    const all = ['old one', 'old two', 'old three', 'one', 'two', 'three', 'four'];
    expect(await listTexts('created_at, id')).toEqual(all);
    expect(await listTexts('seq')).toEqual(all);
    expect(await listUnread(bob)).toEqual(['three', 'four']);
    // Carol has read nothing here, and all but the last in Stream.
    expect(await listUnread(carol)).toEqual(['old three', 'one', 'two', 'three', 'four']);
    expect(await stage.findDrifts()).toEqual([]);
    const moved = await loadLive();
    expect(textsOf(moved)).toEqual(all);
    // It goes on from there.
    await say(moved, [newMessage(bob, 'five', NOW + 20)], NOW + 20);
    expect(await listTexts('seq')).toEqual([...all, 'five']);
    expect(await stage.findDrifts()).toEqual([]);
  });

  it('[R10] keeps counts right where messages were deleted and marks were made', async () => {
    const live = load(tablo);
    const messages = Array.from({ length: 1_300 }, (_, nth) => newMessage(alice, `m${nth}`, NOW + nth));
    const outcome = await ledger.submit(
      submissionOf(live.live, alice, new Replica(alice).push(...messages), NOW + 1_400),
    );
    expect(outcome.type).toBe('committed');
    const moved = await loadLive();
    for (const nth of [3, 100, 1_290])
      await say(
        moved,
        [createDeletion({ author: alice, sentAt: NOW + 1_500 }, messages[nth]?.id as EntryId)],
        NOW + 1_500,
      );
    await stage.pool.query('SELECT tablo_private.mark_own($1, $2)', [TABLO, alice]);
    expect((await stage.pool.query('SELECT FROM tablo_private.own_marks')).rowCount).toBe(1);
    await readTo(bob, 50);
    await stage.write('export.json', [
      channelOf(
        Array.from({ length: 700 }, (_, nth) => message({ id: `s${nth}`, by: bob })),
        { read: [{ user: { id: alice }, last_read_message_id: 's9' }] },
      ),
    ]);
    await stage.importFile('export.json');
    expect((await listUnread(bob)).length).toBe(1_248);
    expect((await listUnread(alice)).length).toBe(690);
    expect(await stage.findDrifts()).toEqual([]);
    const { rows } = await stage.pool.query('SELECT FROM tablo_private.deleted_counts WHERE messages = 0');
    expect(rows).toEqual([]);
    // They say how many messages have a number up to theirs: made anew when somebody counts.
    expect((await stage.pool.query('SELECT FROM tablo_private.own_marks')).rowCount).toBe(0);
  });

  it('[R10] never makes read what was written here and is not, though the history after it stays unread with it', async () => {
    const live = load(tablo);
    const early = Date.UTC(2020, 0, 1);
    await say(live, [newMessage(alice, 'early one', early), newMessage(alice, 'early two', early + 1)], early + 2);
    await readTo(bob, 1);
    await readTo(carol, 2);
    await stage.write('export.json', channelOf([message({ id: 'a', text: 'later' })]));
    await stage.importFile('export.json');
    expect(await listTexts('seq')).toEqual(['early one', 'early two', 'later']);
    expect(await listUnread(bob)).toEqual(['early two', 'later']);
    expect(await listUnread(carol)).toEqual([]);
    expect(await stage.findDrifts()).toEqual([]);
  });

  it('[R4] a later export adds what is new, with deletions, edits, reactions and positions since; what was done here stands', async () => {
    const text = (id: string, more: Record<string, unknown> = {}) =>
      message({ id, at: `2024-02-01T10:0${id.length}:00Z`, ...more });
    const first = [text('a'), text('bb'), text('ccc'), text('dddd'), text('eeeee')];
    await stage.write('first.json', channelOf(first));
    await stage.importFile('first.json');
    const live = await loadLive();
    const { rows } = await stage.pool.query<{ id: EntryId; text: string }>('SELECT id, text FROM messages');
    const idOf = (id: string): EntryId => rows.find((row) => row.text === `Text of ${id}`)?.id as EntryId;
    await say(live, [createEdit({ author: alice, sentAt: NOW }, idOf('ccc'), 'edited here')], NOW);
    await say(live, [createReaction({ author: bob, sentAt: NOW }, idOf('dddd'), '👍', true)], NOW);
    await say(live, [createReaction({ author: bob, sentAt: NOW + 1 }, idOf('dddd'), '👍', false)], NOW + 1);
    await say(live, [newMessage(alice, 'said here', NOW + 2)], NOW + 2);
    const like = { type: 'like', user_id: bob, created_at: '2024-02-02T10:00:00Z' };
    const edited = { message_text_updated_at: '2024-02-02T10:00:00Z' };
    await stage.write(
      'second.json',
      channelOf(
        [
          text('a', { type: 'deleted', deleted_at: '2024-02-02T10:00:00Z' }),
          text('bb', { text: 'edited there', ...edited, latest_reactions: [like] }),
          // Later than here: what its author says in the chat that is in use stands all the same.
          text('ccc', { text: 'edited there too', message_text_updated_at: '2026-01-01T10:00:00Z' }),
          text('dddd', { latest_reactions: [like] }),
          text('eeeee'),
          text('ffffff', { at: '2024-02-03T10:00:00Z' }),
        ],
        { read: [{ user: { id: bob }, last_read: '2024-02-03T12:00:00Z' }] },
      ),
    );
    const { report } = await stage.importFile('second.json');
    expect(report.stored).toMatchObject({ messages: 1, deletions: 1, edits: 1, reactions: 1 });
    expect(await listTexts('seq')).toEqual([
      '',
      'edited there',
      'edited here',
      'Text of dddd',
      'Text of eeeee',
      'Text of ffffff',
      'said here',
    ]);
    const reactions = await stage.pool.query('SELECT user_id, emoji FROM message_reactions');
    expect(reactions.rows).toEqual([{ user_id: bob, emoji: '👍' }]);
    expect(await listUnread(bob)).toEqual(['said here']);
    expect(await stage.findDrifts()).toEqual([]);
    const before = await stage.dump();
    await stage.importFile('second.json');
    expect(await stage.dump()).toEqual(before);
    // The older file takes nothing back.
    await stage.importFile('first.json');
    expect(await stage.dump()).toEqual(before);
  });
});
