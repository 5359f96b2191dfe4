import { createRefusal } from '@tablo/schema/close-codes';
import { createDeletion, createEdit, createMessage, createReaction, type MemberEntry } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId } from '@tablo/schema/ids';
import { afterEach, describe, expect, it } from 'vitest';
import type { OutboxDelivery, OutboxRecord } from '../store/local-store.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, openDevice, statusOf, until } from '../testing/harness.ts';
import { type ExportSource, exportUnsent, type UnsentTablo } from './export-unsent.ts';

const KITCHEN = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;
const GARDEN = 'aaaaaaaa-0000-4000-8000-000000000002' as TabloId;
const NOON = new Date(2026, 10, 25, 12, 0, 0).getTime();
const PENDING: OutboxDelivery = { status: 'pending' };

const written = (at = NOON) => ({ author: ALICE, sentAt: at });
const record = (entry: MemberEntry, delivery: OutboxDelivery = PENDING): OutboxRecord => ({
  id: entry.id,
  tabloId: KITCHEN,
  entry,
  delivery,
  createdAt: NOON,
  owner: 'tab',
});
const tablo = (id: TabloId, given: Partial<UnsentTablo>): UnsentTablo => ({
  id,
  name: 'Kitchen',
  records: [],
  draft: null,
  ...given,
});

const known = new Map<EntryId, { author: typeof ALICE; text: string }>();
const source = (...tablos: UnsentTablo[]): ExportSource => ({
  author: { id: ALICE, name: 'Alice Archer', email: 'alice@example.org' },
  at: NOON,
  tablos,
  nameOf: () => 'Bob Marley',
  message: (_, id) => known.get(id) ?? null,
});

describe('the document of unsent messages', () => {
  it('[R8] the document of unsent messages says whose they are, from where, when they were written and why they are not delivered', () => {
    const text = exportUnsent(
      source(
        tablo(KITCHEN, {
          records: [
            record(createMessage(written(), 'Soup is ready')),
            record(createMessage(written(NOON + 1_000), 'Too late'), {
              status: 'refused',
              refusal: createRefusal('read-only', 'You may only read here.'),
            }),
          ],
        }),
      ),
    );
    expect(text.replaceAll(/ \(UTC[^)]*\)/g, '')).toBe(
      [
        'Unsent messages of Alice Archer (alice@example.org)',
        'Saved from Tablo Chat on 2026-11-25 12:00:00',
        '',
        '='.repeat(72),
        'Kitchen',
        '='.repeat(72),
        '',
        '--- Message',
        '    Written 2026-11-25 12:00:00. Waiting to be sent.',
        '',
        'Soup is ready',
        '',
        '--- Message',
        '    Written 2026-11-25 12:00:01. Not delivered: You may only read here.',
        '',
        'Too late',
        '',
      ].join('\n'),
    );
  });

  it('[R8] the document of unsent messages leaves nothing out: whole texts, every kind, drafts, tablos that are not known any more', () => {
    const [mine, theirs] = [createEntryId(), createEntryId()];
    known.set(mine, { author: ALICE, text: 'Soup is\nred' });
    known.set(theirs, { author: BOB, text: `Is there ${'more '.repeat(40)}soup?` });
    const long = `First line\n\n${'😀'.repeat(7_000)}\n--- not a heading\nlast`;
    const text = exportUnsent(
      source(
        tablo(KITCHEN, {
          records: [
            record(createMessage(written(), long, theirs)),
            record(createEdit(written(), mine, 'Soup is green')),
            record(createDeletion(written(), mine)),
            record(createReaction(written(), theirs, '🎉', true)),
            record(createReaction(written(), createEntryId(), '🥄', false)),
          ],
          draft: { tabloId: KITCHEN, text: 'half a thou', at: NOON, isReported: false },
        }),
        tablo(GARDEN, { name: null, draft: { tabloId: GARDEN, text: 'of old', at: 0, isReported: true } }),
      ),
    );
    expect(text).toContain(`\n\n${long}\n\n`);
    expect(text).toContain('--- Message, in answer to Bob Marley’s message “Is there more more');
    expect(text).toContain('--- New text for your message “Soup is red”');
    expect(text).toContain('\n\nSoup is green\n\n');
    expect(text).toContain('--- Deletion of your message “Soup is red”');
    expect(text).toContain('--- Reaction 🎉 to Bob Marley’s message');
    expect(text).toMatch(/--- Reaction 🥄, taken back, to a message that is not on this device \([0-9a-f-]{36}\)/);
    expect(text).toMatch(/--- Draft, not sent\n {4}Typed 2026-11-25 .* On this device only\.\n\nhalf a thou\n/);
    expect(text).toMatch(
      new RegExp(`not known here \\(${GARDEN}\\)[\\s\\S]*Also on your other devices\\.\\n\\nof old\\n$`),
    );
  });

  it('the document of unsent messages leaves out what its author has taken back, and tablos with nothing unsent', () => {
    const cancelled = record(createMessage(written(), 'Never mind'), { status: 'withdrawn', replacedBy: null, at: 1 });
    const emptied = { tabloId: KITCHEN, text: ' \n', at: NOON, isReported: true };
    const text = exportUnsent(source(tablo(KITCHEN, { records: [cancelled], draft: emptied })));
    expect(text).toMatch(/\n\nThere were none\.\n$/);
  });
});

describe('a chat’s unsent messages', () => {
  let server: FakeServer;
  afterEach(async () => {
    await closeDevices();
    await server.stop();
  });

  it('[R8] a chat’s unsent messages are pending and refused ones of all tablos, and drafts typed a moment ago; signing out would lose only what is here alone', async () => {
    server = new FakeServer();
    await server.start();
    const kitchen = server.addTablo('Kitchen', { [ALICE]: 'owner' });
    const garden = server.addTablo('Garden', { [ALICE]: 'owner' });
    const { chat, environment } = await openDevice(server, ALICE, { timing: { lastReportMs: 30_000 } });
    const rooms = { kitchen: chat.openRoom(kitchen.id), garden: chat.openRoom(garden.id) };
    await until(() => expect(chat.connection.get().status).toBe('online'));
    expect(await chat.exportUnsent()).toContain('There were none.');
    await rooms.kitchen.send('Delivered');
    await until(() => expect(statusOf(rooms.kitchen, 'Delivered')).toBe('sent'));
    server.judge = () => ({ code: 'too-large' });
    await rooms.kitchen.send('Refused');
    await until(() => expect(statusOf(rooms.kitchen, 'Refused')).toBe('refused'));
    rooms.garden.setDraft('told in time');
    expect(await chat.countUnsynced()).toEqual({ entries: 1, drafts: 0 });
    expect(garden.drafts.get(ALICE)?.text).toBe('told in time');

    environment.goOffline();
    await rooms.garden.send('Pending');
    rooms.kitchen.setDraft('typed just now');
    expect(await chat.countUnsynced()).toEqual({ entries: 2, drafts: 1 });
    expect([await chat.countUnsent(), await chat.countDrafts()]).toEqual([2, 2]);
    const text = await chat.exportUnsent();
    const order = [
      'Kitchen',
      'Not delivered: Refused: too-large.',
      'Refused',
      'typed just now',
      'Garden',
      'Pending',
      'told in time',
    ];
    expect(order.filter((words) => !text.includes(words))).toEqual([]);
    expect(text).not.toContain('Delivered');
  });
});
