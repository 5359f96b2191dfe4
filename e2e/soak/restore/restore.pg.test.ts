/**
 * The restore drill. A backup is the database; the bundled PostgreSQL has no `pg_dump` beside it, and one of another version refuses to dump this one, so
 * the backup here is a copy made by `CREATE DATABASE … TEMPLATE` at an earlier moment: what it holds is what a dump of that moment holds.
 */
import { randomUUID } from 'node:crypto';
import { createEdit, createMessage, createReaction, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import pg from 'pg';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { openDatabase } from '../../support/database.ts';
import { Book } from '../history/book.ts';
import { Member } from '../member.ts';
import { Stage } from '../stage.ts';

/** The same server of databases, another database: `name`, made from `from`, which nobody may be using. */
async function copyDatabase(from: string, name: string): Promise<string> {
  const server = process.env['TEST_DATABASE_URL'] ?? '';
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name} TEMPLATE ${new URL(from).pathname.slice(1)}`);
  await client.end();
  const url = new URL(from);
  url.pathname = `/${name}`;
  return url.href;
}

async function dropDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: process.env['TEST_DATABASE_URL'] });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
  await client.end();
}

const by = (member: Member) => ({ author: member.seat.userId, sentAt: Date.now() });
const idsOf = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id).sort();

async function writeAll(member: Member, entries: readonly MemberEntry[]): Promise<void> {
  member.send(entries);
  await untilTrue('written', () => member.unacknowledged === 0);
}

it('[R4] [R8] clients ahead of a restored backup: own entries come again and count once, others are refused unharmed, nothing is doubled', async () => {
  const database = await openDatabase();
  const before = await Stage.open({ url: database.url, tablos: 0, epochMaxEntries: 10_000 });
  const [alice, bob] = [randomUUID() as string as UserId, randomUUID() as string as UserId];
  const tablo = await before.addTablo([alice, bob]);
  const seats = [before.seat(tablo, alice), before.seat(tablo, bob)] as const;
  before.connect();
  await before.allJoined();
  const [ann, ben] = seats;
  const early = [
    createMessage(by(ann), 'before the backup, by alice'),
    createMessage(by(ben), 'before the backup, by bob'),
  ];
  await writeAll(ann, early.slice(0, 1));
  await writeAll(ben, early.slice(1));

  // The backup. Copying needs the database to itself; a dump would not.
  await before.server.stop();
  await before.pool.end();
  const restored = await copyDatabase(database.url, `tablo_restored_${randomUUID().replaceAll('-', '')}`);
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  await before.server.restart();
  await before.allJoined();

  // After the backup: everybody's screen shows this, and it was all acknowledged.
  const byAlice = [
    createMessage(by(ann), 'after the backup, by alice'),
    createEdit(by(ann), early[0]!.id, 'edited after the backup'),
  ];
  await writeAll(ann, byAlice);
  const byBob = [
    createMessage(by(ben), 'after the backup, by bob'),
    createReaction(by(ben), byAlice[0]!.id, '👍', true),
  ];
  await writeAll(ben, byBob);
  await untilTrue('everybody has everything', () => seats.every(({ entries }) => new Set(idsOf(entries)).size === 6));
  const aheadOf = (member: Member): Y.Doc => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(member.doc));
    return doc;
  };
  const docs = [aheadOf(ann), aheadOf(ben)] as const;
  for (const member of before.members) member.close();
  await before.server.kill();
  await pool.end();

  // The disaster, and the restore.
  const after = await Stage.open({ url: restored, tablos: 0, epochMaxEntries: 10_000 });
  const seat = (userId: UserId, keepsDoc: boolean, book: Book): Member =>
    new Member({ url: after.server.url, tabloId: tablo, userId, token: tokenOf(userId) }, book, keepsDoc);
  const stored = async (): Promise<string[]> =>
    idsOf((await after.pool.query('SELECT id FROM tablo_entries WHERE tablo_id = $1', [tablo])).rows);

  // A device that knows nothing of a restore comes back with its document and answers the server's question with all of it, bob's entries included.
  const book = new Book();
  const ahead = seat(alice, true, book);
  ahead.adopt(docs[0]);
  ahead.connect();
  await untilTrue('the server refused what is bob’s', () => Object.keys(book.refusals).length > 0);
  expect(await stored()).toEqual(idsOf(early));
  ahead.close();

  // It re-homes: the server's state, then what it wrote itself. Bob's reaction to a message that is not there yet has to wait for it.
  const [ben2, ann2] = [seat(bob, false, new Book()), seat(alice, false, new Book())];
  ben2.connect();
  await untilTrue('bob is back', () => ben2.isJoined);
  await writeAll(ben2, byBob.slice(0, 1));
  ann2.connect();
  await untilTrue('alice is back', () => ann2.isJoined);
  await writeAll(ann2, byAlice);
  await writeAll(ben2, byBob.slice(1));
  // And once more from another of her devices, which does not know of that.
  const again = seat(alice, false, new Book());
  again.connect();
  await untilTrue('her other device is back', () => again.isJoined);
  await writeAll(again, byAlice);

  const everything = idsOf([...early, ...byAlice, ...byBob]);
  expect(await stored()).toEqual(everything);
  for (const member of [ben2, ann2, again]) {
    await untilTrue(
      'everybody has everything again',
      () => new Set(idsOf(member.entries.filter(({ kind }) => kind !== 'arrival'))).size === 6,
    );
  }
  const { rows } = await after.pool.query<{ text: string; seq: string }>(
    'SELECT text, seq FROM messages WHERE channel_id = $1 ORDER BY seq',
    [tablo],
  );
  expect(rows.map(({ text, seq }) => [text, Number(seq)])).toEqual([
    ['edited after the backup', 1],
    ['before the backup, by bob', 2],
    ['after the backup, by bob', 3],
    ['after the backup, by alice', 4],
  ]);
  const reactions = await after.pool.query<{ entry_id: EntryId }>('SELECT entry_id FROM message_reactions');
  expect(idsOf(reactions.rows.map(({ entry_id }) => ({ id: entry_id })))).toEqual([byBob[1]!.id]);
  expect((await after.judge()).drifts).toEqual([]);
  for (const member of [ben2, ann2, again]) member.close();
  await after.close();
  await dropDatabase(restored);
  await database.close();
}, 120_000);

it('[R4] a backup of an earlier epoch: the same names come to mean other documents, and whoever holds the old ones heals by re-homing', async () => {
  const database = await openDatabase();
  const before = await Stage.open({ url: database.url, tablos: 0, epochMaxEntries: 10 });
  const [alice, bob] = [randomUUID() as string as UserId, randomUUID() as string as UserId];
  const tablo = await before.addTablo([alice, bob]);
  const ann = before.seat(tablo, alice);
  await before.server.stop();
  await before.pool.end();
  const restored = await copyDatabase(database.url, `tablo_restored_${randomUUID().replaceAll('-', '')}`);
  await before.server.restart();
  ann.connect();
  await untilTrue('alice has joined', () => ann.isJoined);
  const lost = Array.from({ length: 14 }, (_, nth) => createMessage(by(ann), `lost ${nth}`));
  for (const message of lost) await writeAll(ann, [message]);
  await untilTrue('the tablo has moved on', () => ann.epoch === 2 && ann.isJoined);
  const old = new Y.Doc();
  Y.applyUpdate(old, Y.encodeStateAsUpdate(ann.doc));
  ann.close();
  await before.server.kill();

  const after = await Stage.open({ url: restored, tablos: 0, epochMaxEntries: 10 });
  const book = new Book();
  const open = (userId: UserId, keepsDoc = false): Member => {
    const member = new Member(
      { url: after.server.url, tabloId: tablo, userId, token: tokenOf(userId) },
      book,
      keepsDoc,
    );
    after.members.push(member);
    member.epoch = 2;
    return member;
  };
  // Epoch 2 is not there yet: whoever asks for it is sent to epoch 1. Bob then fills epoch 1, and a new epoch 2 begins.
  const ben = open(bob);
  ben.connect();
  await untilTrue('bob has joined', () => ben.isJoined);
  expect(ben.denials).toEqual(['epoch-moved']);
  for (let nth = 0; nth < 12; nth += 1) await writeAll(ben, [createMessage(by(ben), `new ${nth}`)]);
  await untilTrue('the restored tablo has moved on', () => ben.epoch === 2 && ben.isJoined);
  // Alice's device still has a document of that name, from the time that is no more.
  const device = open(alice, true);
  device.adopt(old);
  device.connect();
  await untilTrue('alice has joined', () => device.isJoined);
  await writeAll(device, lost);
  const { rows } = await after.pool.query<{ text: string }>('SELECT text FROM messages WHERE channel_id = $1', [tablo]);
  expect(rows.map(({ text }) => text).sort()).toEqual(
    [...lost.map(({ text }) => text), ...Array.from({ length: 12 }, (_, nth) => `new ${nth}`)].sort(),
  );
  expect((await after.judge()).drifts).toEqual([]);
  await after.close();
  await dropDatabase(restored);
  await database.close();
}, 120_000);
