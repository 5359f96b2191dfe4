/** One message in several states: in one file, or in the files of several runs; and one channel that becomes another tablo's. */
import { createMessage } from '@tablo/schema/entry';
import type { TabloId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../ledger/ledger.ts';
import { PgLedgerStore } from '../ledger/store/pg-ledger.ts';
import { load, Replica, submissionOf } from '../ledger/testing/ledger-fixture.ts';
import { type ImportStage, openImportStage } from './testing/import-stage.ts';
import { alice, bob, channelOf, message, TABLO } from './testing/small-export.ts';

const OTHER = '00000000-0000-4000-8000-0000000000f2';

let stage: ImportStage;
beforeEach(async () => {
  stage = await openImportStage();
  await stage.makeTablo(TABLO, { [alice]: 'owner', [bob]: 'member' });
});
afterEach(async () => {
  expect(await stage.findDrifts()).toEqual([]);
  await stage.close();
});

const rows = async (sql: string) => (await stage.pool.query(sql)).rows as Record<string, unknown>[];
const texts = async () => (await rows('SELECT text FROM messages ORDER BY channel_id, seq')).map(({ text }) => text);
const like = (user_id: string, type = 'like') => ({ type, user_id, created_at: '2024-05-01T10:00:00Z' });
const at = (minute: number) => ({ updated_at: `2024-06-01T10:0${minute}:00Z` });
const leftOut = (report: { toJson(): unknown }) =>
  (report.toJson() as { leftOut: { what: string; why: string; count: number }[] }).leftOut.map(
    ({ what, why, count }) => `${count} ${what} ${why}`,
  );

describe('[R4] a message that stands twice in one file', () => {
  const word = (text: string) => Array.from({ length: 1_500 }, (_, nth) => `${text}${nth}`).join(' ');
  const created = { at: '2024-01-01T10:00:00Z' };
  const early = [
    message({ id: 'a', text: word('long'), ...created, ...at(1), latest_reactions: [like(alice), like(bob)] }),
    message({ id: 'b', text: 'still here', ...created, ...at(1), latest_reactions: [like(bob)] }),
    message({ id: 'c', text: 'first', ...created, ...at(1) }),
  ];
  const late = [
    message({ id: 'a', text: 'short', ...created, ...at(2), latest_reactions: [like(bob)] }),
    message({ id: 'b', type: 'deleted', ...created, ...at(1), deleted_at: at(2).updated_at }),
    message({ id: 'c', text: 'second', ...created, ...at(2), message_text_updated_at: at(2).updated_at }),
  ];
  it.each([
    ['the earlier one first', [...early, ...late]],
    ['the later one first', [...late, ...early]],
  ])('counts in its later state, with that state’s parts and reactions: %s', async (_, messages) => {
    await stage.write('export.json', [channelOf(messages)]);
    const { report } = await stage.importFile('export.json');
    expect((await texts()).sort()).toEqual(['', 'second', 'short']);
    expect(await rows('SELECT user_id, emoji FROM message_reactions')).toEqual([{ user_id: bob, emoji: '👍' }]);
    expect(leftOut(report)).toEqual(['3 message twice']);
    expect(report.settled).toMatchObject({ fresh: 3, deleted: 1, edited: 1, inParts: 0, lostReactions: 0 });
    const before = await stage.dump();
    await stage.importFile('export.json');
    expect(await stage.dump()).toEqual(before);
  });
});

it('[R4] a reaction that the file has twice counts once, and none is taken for lost', async () => {
  const messages = [message({ id: 'a', latest_reactions: [like(alice), like(alice, 'thumbsup'), like(bob)] })];
  await stage.write(
    'export.jsonl',
    [
      channelOf(messages),
      // By itself, without its channel, and once more; and one whose message is nowhere.
      ...[1, 2].map(() => ({ type: 'reaction', data: { message_id: 'a', ...like(bob) } })),
      { type: 'reaction', data: { message_id: 'nowhere', ...like(bob) } },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n'),
  );
  const { report } = await stage.importFile('export.jsonl');
  expect(report.stored?.reactions).toBe(2);
  expect(leftOut(report).sort()).toEqual(['1 reaction no-message', '3 reaction twice']);
  expect([...report.reactions]).toEqual([['👍', 2]]);
});

describe('[R4] [R8] a text in parts', () => {
  const long = (of: string) => Array.from({ length: 3_000 }, (_, nth) => `${of}${nth}`).join(' ');
  const said = (text: string, more: Record<string, unknown> = {}) =>
    message({ id: 'long', text, at: '2024-01-01T10:00:00Z', ...more });
  const edited = { message_text_updated_at: '2024-06-01T10:00:00Z' };
  const run = async (name: string, state: unknown) => {
    await stage.write(name, [channelOf([state, message({ id: 'z', at: '2024-01-01T11:00:00Z' })])]);
    return (await stage.importFile(name)).report.stored;
  };
  const visible = async () => (await texts()).filter((text) => text !== '').map((text) => String(text).slice(0, 5));

  it('loses the parts that it no longer has when it becomes shorter, and an earlier file brings none back', async () => {
    await run('first.json', said(long('word')));
    const parts = (await visible()).length - 1;
    expect(parts).toBeGreaterThan(2);
    expect(await run('second.json', said('short', edited))).toMatchObject({ edits: 1, deletions: parts - 1 });
    expect(await visible()).toEqual(['short', 'Text ']);
    const before = await stage.dump();
    await stage.importFile('second.json');
    await stage.importFile('first.json');
    expect(await stage.dump()).toEqual(before);
  });

  it('goes with all of them when it is deleted', async () => {
    await run('first.json', said(long('word')));
    await run('second.json', said('', { type: 'deleted', deleted_at: '2024-06-01T10:00:00Z' }));
    expect(await visible()).toEqual(['Text ']);
  });

  it('keeps them where the file is the older one, and what was edited here', async () => {
    await run('first.json', said(long('word'), edited));
    const before = await stage.dump();
    await run('older.json', said('short', { message_text_updated_at: '2024-05-01T10:00:00Z' }));
    expect(await stage.dump()).toEqual(before);
  });
});

describe('[R4] a channel that an earlier run has brought into another tablo', () => {
  it('leaves there what it has brought, whatever its ids are, and brings only what is new', async () => {
    await stage.makeTablo(OTHER, { [alice]: 'owner' });
    const own = { cid: 'team:general' };
    const said = [
      message({ id: '00000000-0000-4000-8000-0000000000a1', text: 'by its UUID', ...own }),
      message({ id: 'plain', text: 'by its name', ...own }),
    ];
    const export_ = (messages: unknown[]) => [{ channel: { id: 'general', type: 'team', ...own }, messages }];
    await stage.write('export.json', export_(said));
    await stage.write('here.json', { general: TABLO });
    await stage.write('there.json', { general: OTHER });
    await stage.importFile('export.json', '--channels', stage.path('here.json'));
    await stage.write('later.json', export_([...said, message({ id: 'n', text: 'new', parent_id: 'plain', ...own })]));
    const { report } = await stage.importFile('later.json', '--channels', stage.path('there.json'));
    expect(report.settled).toMatchObject({ elsewhere: 2, newIds: 0, fresh: 1, lostReplies: 1 });
    expect(await rows('SELECT channel_id, text, reply_to FROM messages ORDER BY channel_id, seq')).toEqual([
      { channel_id: TABLO, text: 'by its UUID', reply_to: null },
      { channel_id: TABLO, text: 'by its name', reply_to: null },
      { channel_id: OTHER, text: 'new', reply_to: null },
    ]);
    const before = await stage.dump();
    await stage.importFile('later.json', '--channels', stage.path('there.json'));
    expect(await stage.dump()).toEqual(before);
  });

  it('finds the tablo that was made of it, and makes none again', async () => {
    await stage.write('export.json', [
      {
        channel: { id: 'general', type: 'team', cid: 'team:general' },
        messages: [message({ id: 'a', cid: 'team:general' })],
      },
    ]);
    await stage.importFile('export.json', '--unknown-channels=create');
    const before = await stage.dump();
    const { report, missing } = await stage.importFile('export.json');
    expect(missing).toEqual([]);
    expect(report.toText()).toContain('1 made by an earlier import, 0 to be made');
    expect(await stage.dump()).toEqual(before);
  });
});

describe('[R11] an import holds nobody up for long', () => {
  it('[R5] goes in portion by portion before what people have written, in the order of one go', async () => {
    const ledger = new Ledger(new PgLedgerStore(stage.pool), { onCommit() {}, onFailure() {} });
    const live = load(TABLO as TabloId);
    const replica = new Replica(alice);
    const when = Date.UTC(2024, 0, 1, 10, 0, 0);
    for (const [text, ms] of [
      ['early', when - 1],
      ['within', when + 2_500_000],
      ['late', when + 9_000_000],
    ] as const)
      await ledger.submit(
        submissionOf(live.live, alice, replica.push(createMessage({ author: alice, sentAt: ms }, text)), ms),
      );
    await ledger.close(0);
    const history = Array.from({ length: 5_000 }, (_, nth) =>
      message({ id: `h${nth}`, text: `h${nth}`, by: bob, at: new Date(when + nth * 1_000).toISOString() }),
    );
    await stage.write('export.json', [channelOf(history)]);
    const lines: string[] = [];
    await stage.importWith('export.json', async (line) => {
      if (line.startsWith('Stored')) lines.push(line);
      expect(await stage.findDrifts()).toEqual([]);
    });
    expect(lines.slice(0, 3)).toEqual([
      ...['Stored: 2,000 of 5,000 messages.', 'Stored: 4,000 of 5,000 messages.', 'Stored: 5,000 of 5,000 messages.'],
    ]);
    const expected = history.map(({ text }) => text);
    // What is there stands before what comes with the same millisecond.
    expected.splice(2_500, 0, 'within');
    expect(await texts()).toEqual(['early', ...expected, 'late']);
  }, 180_000);
});
