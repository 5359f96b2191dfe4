import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ImportStage, openImportStage } from './testing/import-stage.ts';
import { alice, bob, CID, carol, channelOf, member, message, TABLO } from './testing/small-export.ts';

let stage: ImportStage;
beforeEach(async () => {
  stage = await openImportStage();
});
afterEach(async () => {
  await stage.close();
});

const rows = async (sql: string) => (await stage.pool.query(sql)).rows as unknown[];
const isUntouched = async () => expect(await rows('SELECT FROM messages')).toEqual([]);

it('what is imported is no news: no webhook tells of it', async () => {
  await stage.makeTablo(TABLO);
  await stage.pool.query(`INSERT INTO tablo_private.webhook_endpoints (url, events, seen_at)
    VALUES ('https://host.example/', '{message.created,message.updated,message.deleted,member.added}', now())`);
  await stage.write('export.json', channelOf([message({ id: 'a', by: alice })], { members: [member(alice)] }));
  await stage.importFile('export.json');
  expect(await rows('SELECT text FROM messages')).toHaveLength(1);
  expect(await rows('SELECT FROM tablo_private.webhook_events')).toEqual([]);
});

describe('who and what is whose', () => {
  it('users without an id of ours are listed, and nothing is written; a table of the operator’s names them, as a file or in the database', async () => {
    await stage.makeTablo(TABLO, { [alice]: 'owner' });
    const messages = [
      message({ id: 'a', by: 'rodolphe' }),
      message({ id: 'b', by: alice }),
      message({ id: 'c', by: 'rodolphe' }),
    ];
    await stage.write('export.json', channelOf(messages, { members: [member('rodolphe')] }));
    const { report, missing } = await stage.importFile('export.json');
    expect(missing).toEqual([expect.stringMatching(/^1 user of the file has no id of yours: .*--users/)]);
    expect(report.unknownPeople.map(({ streamId, messages: written }) => [streamId, written])).toEqual([
      ['rodolphe', 2],
    ]);
    await isUntouched();
    await stage.write('users.csv', `stream_id,user_id\nrodolphe,${bob.toUpperCase()}\n`);
    await stage.pool.query('CREATE TABLE stream_people (stream_id text, user_id uuid)');
    await stage.pool.query('INSERT INTO stream_people VALUES ($1, $2)', ['rodolphe', bob]);
    await stage.importFile('export.json', '--users', stage.path('users.csv'));
    expect(await rows('SELECT user_id FROM messages ORDER BY seq')).toEqual([
      ...[{ user_id: bob }, { user_id: alice }, { user_id: bob }],
    ]);
    const before = await stage.dump();
    await stage.importFile('export.json', '--users', 'table:stream_people');
    expect(await stage.dump()).toEqual(before);
  });

  it('or become users of their own, with their names, where the operator says so', async () => {
    await stage.makeTablo(TABLO);
    const user = { id: 'rodolphe', name: 'Rodolphe', image: 'https://pictures.example/r.png' };
    await stage.write('export.json', channelOf([message({ id: 'a', user })], { members: [] }));
    const { missing } = await stage.importFile('export.json', '--unknown-users=placeholder');
    expect(missing).toEqual([]);
    expect(
      await rows('SELECT p.name, p.avatar_url FROM messages m JOIN chat_profiles p ON p.user_id = m.user_id'),
    ).toEqual([{ name: 'Rodolphe', avatar_url: 'https://pictures.example/r.png' }]);
    expect(await stage.findDrifts()).toEqual([]);
  });

  it('a name that is known already stays', async () => {
    await stage.makeTablo(TABLO);
    await stage.pool.query('INSERT INTO chat_profiles (user_id, name) VALUES ($1, $2)', [alice, 'Alice Today']);
    await stage.write('export.json', channelOf([message({ id: 'a' }), message({ id: 'b', by: bob })]));
    await stage.importFile('export.json');
    expect(await rows('SELECT name FROM chat_profiles ORDER BY user_id')).toEqual([
      ...[{ name: 'Alice Today' }, { name: 'Name of b' }],
    ]);
  });

  it('channels without a tablo are listed, and nothing is written; skipped or made, where the operator says so', async () => {
    await stage.makeTablo(TABLO);
    const general = {
      channel: { id: 'general', type: 'team', cid: 'team:general', name: 'General', created_by: { id: bob } },
    };
    const messages = [message({ id: 'g', cid: 'team:general' })];
    await stage.write('export.json', [
      channelOf([message({ id: 'a' })]),
      { ...general, messages, members: [member(alice), member(bob, { role: 'owner' })] },
    ]);
    const { missing, report } = await stage.importFile('export.json');
    expect(missing).toEqual([expect.stringMatching(/^1 channel of the file has no tablo: .*--channels/)]);
    expect(report.unknownChannels.map(({ cid }) => cid)).toEqual(['team:general']);
    await isUntouched();
    await stage.importFile('export.json', '--unknown-channels=skip');
    expect(await rows('SELECT text FROM messages')).toEqual([{ text: 'Text of a' }]);
    await stage.importFile('export.json', '--unknown-channels=create');
    const made = await rows(
      `SELECT t.name, t.created_by, m.text, (SELECT json_object_agg(user_id, role) FROM tablo_access WHERE tablo_id = t.id) AS members
       FROM messages m JOIN tablos t ON t.id = m.channel_id WHERE t.id <> '${TABLO}'`,
    );
    expect(made).toEqual([
      { name: 'General', created_by: bob, text: 'Text of g', members: { [alice]: 'member', [bob]: 'owner' } },
    ]);
    expect(await stage.findDrifts()).toEqual([]);
  });

  it.each(['general', 'team:general'])(
    'a table of the operator’s says which tablo a channel is (by %s)',
    async (name) => {
      await stage.makeTablo(TABLO);
      await stage.write('channels.json', { [name]: TABLO });
      await stage.write('export.json', {
        id: 'general',
        type: 'team',
        cid: 'team:general',
        messages: [message({ id: 'a', cid: undefined })],
      });
      const { missing } = await stage.importFile('export.json', '--channels', stage.path('channels.json'));
      expect(missing).toEqual([]);
      expect(await rows('SELECT channel_id FROM messages')).toEqual([{ channel_id: TABLO }]);
    },
  );

  it('[R6] adds members where nobody belongs to the tablo yet; who belongs to another one is its host’s word, unless the operator says otherwise', async () => {
    const members = [
      member(alice, { role: 'owner' }),
      member(bob, { channel_role: 'channel_moderator' }),
      member(carol),
    ];
    await stage.makeTablo(TABLO);
    await stage.write('export.json', channelOf([message({ id: 'a' })], { members }));
    await stage.importFile('export.json', '--members=keep');
    expect(await rows('SELECT FROM tablo_access')).toEqual([]);
    await stage.importFile('export.json');
    const listed = 'SELECT user_id, role, is_active FROM tablo_access ORDER BY user_id';
    expect(await rows(listed)).toEqual([
      { user_id: alice, role: 'owner', is_active: true },
      { user_id: bob, role: 'admin', is_active: true },
      { user_id: carol, role: 'member', is_active: true },
    ]);
    // Carol was removed here, and Alice by hand.
    await stage.pool.query(`UPDATE tablo_access SET is_active = false WHERE user_id = '${carol}'`);
    await stage.pool.query(`DELETE FROM tablo_access WHERE user_id = '${alice}'`);
    const { report } = await stage.importFile('export.json');
    expect([...report.strangers]).toEqual([[TABLO, 2]]);
    expect((await rows(listed)).length).toBe(2);
    await stage.importFile('export.json', '--members=add');
    expect(await rows(listed)).toEqual([
      { user_id: alice, role: 'owner', is_active: true },
      { user_id: bob, role: 'admin', is_active: true },
      { user_id: carol, role: 'member', is_active: false },
    ]);
  });

  it('[R4] an id of Stream’s that is taken here becomes another one, the same each time', async () => {
    const taken = '00000000-0000-4000-8000-0000000000aa';
    const other = '00000000-0000-4000-8000-0000000000f2';
    await stage.makeTablo(TABLO);
    await stage.makeTablo(other);
    const cid = `messaging:${other}`;
    await stage.write('export.json', [
      channelOf([message({ id: taken, text: 'here' }), message({ id: 'r', parent_id: taken })]),
      { channel: { id: other, type: 'messaging', cid }, messages: [message({ id: taken, text: 'there', cid })] },
    ]);
    await stage.importFile('export.json');
    const listed = 'SELECT text, id, reply_to FROM messages ORDER BY channel_id, seq';
    const [first, reply, second] = (await rows(listed)) as { text: string; id: string; reply_to: string }[];
    expect([first?.text, second?.text]).toEqual(['here', 'there']);
    expect(first?.id).toBe(taken);
    expect(second?.id).not.toBe(taken);
    expect(reply?.reply_to).toBe(taken);
    const before = await stage.dump();
    await stage.importFile('export.json');
    expect(await stage.dump()).toEqual(before);
    expect(await stage.findDrifts()).toEqual([]);
  });

  it('[R8] texts beyond the limit become several messages in their order, and what cannot come along is counted with its reason', async () => {
    await stage.makeTablo(TABLO);
    const long = Array.from({ length: 1_500 }, (_, nth) => `word${nth}`).join(' ');
    const at = '2024-03-01T10:00:00.000001Z';
    await stage.write('export.json', [
      channelOf([
        message({ id: 'a', at: '2024-03-01T09:59:59.999Z' }),
        message({ id: 'long', text: long, at }),
        message({ id: 'after', at: '2024-03-01T10:00:00.000002Z' }),
        message({ id: 'sys', type: 'system' }),
        message({ id: 'shadow', shadowed: true }),
        message({ id: 'secret', restricted_visibility: [alice] }),
        message({ id: 'blank', text: '\u200b' }),
        message({ id: 'timeless', at: 'yesterday' }),
        message({
          id: 'r',
          at: '2024-03-02T10:00:00Z',
          latest_reactions: [{ type: 'parrot', user_id: bob, created_at: at }],
        }),
        message({ id: 'a' }),
      ]),
    ]);
    const { report } = await stage.importFile('export.json');
    const texts = (await rows('SELECT text FROM messages ORDER BY created_at, id')) as { text: string }[];
    expect(texts.map(({ text }) => text.slice(0, 9))).toEqual([
      ...['Text of a', 'word0 wor', expect.stringMatching(/^word/), 'Text of a', 'Text of r'],
    ]);
    expect([texts[1]?.text, texts[2]?.text].join(' ')).toBe(long);
    const { leftOut, reactions } = report.toJson() as {
      leftOut: { what: string; why: string; count: number }[];
      reactions: unknown;
    };
    expect(leftOut.map(({ what, why, count }) => `${count} ${what} ${why}`).sort()).toEqual([
      ...['1 message no-text', '1 message no-time', '1 message restricted', '1 message shadowed', '1 message system'],
      ...['1 message twice', '1 reaction unknown-reaction'],
    ]);
    expect(reactions).toMatchObject({ unknownTypes: { parrot: 1 } });
    expect(await stage.findDrifts()).toEqual([]);
  });
});

it('[R8] [R10] times of the future become the time of the import, in their order; a second run changes nothing', async () => {
  await stage.makeTablo(TABLO, { [alice]: 'owner', [bob]: 'member', [carol]: 'member' });
  const future = '2099-01-01T00:00:00Z';
  const last = '9999-12-31T23:59:59.999Z';
  const messages = [
    message({ id: 'z', at: last }),
    message({ id: 'y', at: future, message_text_updated_at: last }),
    message({ id: 'x', at: '2024-01-01T10:00:00Z', deleted_at: future }),
    message({
      id: 'w',
      at: '2024-01-01T10:00:01Z',
      latest_reactions: [{ type: 'like', user_id: bob, created_at: last }],
    }),
  ];
  const read = [
    { user: { id: bob }, last_read: last },
    { user: { id: carol }, last_read: '2024-05-01T10:00:00Z' },
  ];
  const made = { channel: { id: 'new', type: 'team', cid: 'team:new', created_by: { id: bob }, created_at: last } };
  await stage.write('export.json', [
    channelOf(messages, { read }),
    { ...made, members: [member(bob, { created_at: last })] },
  ]);
  const { report } = await stage.importFile('export.json', '--unknown-channels=create');
  expect(report.settled?.futureTimes).toBe(2);
  expect(report.toText()).toMatch(/2 have a time in the future, and get the time of the import/);
  expect(await rows('SELECT text FROM messages ORDER BY created_at, id')).toEqual([
    ...[{ text: '' }, { text: 'Text of w' }, { text: 'Text of y' }, { text: 'Text of z' }],
  ]);
  const LATEST = `SELECT max(at) <= now() + interval '1 second' AS is_past FROM (
      SELECT unnest(ARRAY[created_at, sent_at, received_at, updated_at, deleted_at]) AS at FROM messages
      UNION ALL SELECT unnest(ARRAY[sent_at, received_at, shown_at]) FROM tablo_entries UNION ALL SELECT created_at FROM message_reactions
      UNION ALL SELECT last_read_at FROM channel_read_state UNION ALL SELECT created_at FROM tablo_access UNION ALL SELECT created_at FROM tablos
    ) times`;
  expect(await rows(LATEST)).toEqual([{ is_past: true }]);
  expect(await rows('SELECT user_id, last_read_seq::int AS seq FROM channel_read_state ORDER BY 1')).toEqual([
    ...[
      { user_id: alice, seq: 4 },
      { user_id: bob, seq: 4 },
      { user_id: carol, seq: 2 },
    ],
  ]);
  expect(await stage.findDrifts()).toEqual([]);
  const before = await stage.dump();
  await stage.importFile('export.json', '--unknown-channels=create');
  expect(await stage.dump()).toEqual(before);
});

describe('the program says in a sentence what is wrong with', () => {
  const cases: readonly (readonly [
    what: string,
    file: unknown,
    argv: readonly string[],
    said: RegExp,
    code: number,
  ])[] = [
    ['a file that is not there', null, [], /There is no file .*export\.json\./, 2],
    ['a file that is no JSON', '{"channel": {"id": 1},\n "messages": [}', [], /is not JSON: .*line 2/, 2],
    ['a file that ends too early', '{"channel": {"id": 1}, "messages": [', [], /is not JSON: .*at its end/, 2],
    [
      'a file of something else',
      { chats: [1, 2], version: 3 },
      [],
      /is not an export of Stream Chat.*chats, version/,
      2,
    ],
    ['an empty list', [], [], /is not an export of Stream Chat/, 2],
    [
      'a table that is not there',
      channelOf([]),
      ['--users', '/no/such/users.csv'],
      /There is no file \/no\/such\/users\.csv\./,
      2,
    ],
    [
      'a table of this database that is not there',
      channelOf([]),
      ['--users', 'table:nobody'],
      /There is no table nobody in this database\./,
      2,
    ],
    ['an option that is none', channelOf([]), ['--userz=x'], /--userz is not an option/, 2],
    ['a choice that is none', channelOf([]), ['--members=all'], /--members must be one of new, add, keep\./, 2],
    [
      'a file of which everything is left out',
      channelOf([message({ id: 'sys', type: 'system' })]),
      ['--members=keep', '--unknown-channels=skip'],
      /Nothing of this file can be imported: all of it is left out[\s\S]*Nothing was written/,
      1,
    ],
    ['keys that are longer than a screen', { ['k'.repeat(100_000)]: 1 }, [], /What is there has: k{60}…\.\n$/, 2],
    [
      'a channel without a tablo',
      channelOf([message({ id: 'a' })]),
      [],
      new RegExp(`${CID}: there is no tablo ${TABLO}[^]*Nothing was written`),
      1,
    ],
  ];
  it.each(cases)('%s', async (_, file, argv, said, code) => {
    if (file !== null) await stage.write('export.json', file);
    const ended = await stage.run(['stream', stage.path('export.json'), ...argv]);
    expect(ended.output + ended.errors).toMatch(said);
    expect(ended.code).toBe(code);
    await isUntouched();
  });
});

it('a report that cannot be written, or would be written over what is read, is told of before anything is imported', async () => {
  await stage.makeTablo(TABLO);
  await stage.write('export.json', channelOf([message({ id: 'a' })]));
  const to = (path: string) => stage.importFile('export.json', '--report', path);
  await expect(to(stage.path('no/such/report.json'))).rejects.toThrow(/cannot be written to .*Nothing was imported/);
  await expect(to(stage.path('.'))).rejects.toThrow(/cannot be written to .*EISDIR/);
  await expect(to(stage.path('export.json'))).rejects.toThrow(/written over .*export\.json, which is read/);
  await isUntouched();
  await to(stage.path('report.json'));
  expect(JSON.parse(await readFile(stage.path('report.json'), 'utf8'))).toMatchObject({ stored: { messages: 1 } });
});

it('what stands where a list should be is told of, and ids beyond all bounds are, each with its reason', async () => {
  await stage.makeTablo(TABLO);
  const long = 'u'.repeat(1_000_000);
  await stage.write('export.json', [
    null,
    { ...channelOf([]), messages: { id: 'a' }, members: 'x', read: 5 },
    channelOf([message({ id: 'b', by: long }), message({ id: long }), message({ id: 'c' })], {
      members: [member(long)],
    }),
  ]);
  const { report, missing } = await stage.importFile('export.json');
  expect([missing, report.stored?.messages]).toEqual([[], 1]);
  expect([...report.notUnderstood.keys()]).toEqual([
    ...['null', '"messages" as an object, and not a list', '"members" as a text, and not a list'],
    '"read" as a number, and not a list',
  ]);
  const text = report.toText();
  expect(text).toMatch(/2 messages: an id in it has more than 512 characters/);
  expect(text).toMatch(/1 member: an id in it has more than 512 characters/);
  expect(text.length).toBeLessThan(2_000);
});

it('a file that is not UTF-8 is refused with the place, as are tables, and nothing is written', async () => {
  await stage.makeTablo(TABLO);
  const text = JSON.stringify(channelOf([message({ id: 'a', text: 'caf\u00e9' })]));
  await writeFile(stage.path('latin.json'), Buffer.from(text, 'latin1'));
  const byte = text.indexOf('\u00e9') + 1;
  await expect(stage.importFile('latin.json')).rejects.toThrow(new RegExp(`latin\\.json is not UTF-8: byte ${byte} `));
  await isUntouched();
  await writeFile(stage.path('users.csv'), Buffer.from(`caf\u00e9,${bob}`, 'latin1'));
  await stage.write('export.json', text);
  await expect(stage.importFile('export.json', '--users', stage.path('users.csv'))).rejects.toThrow(
    /users\.csv is not UTF-8: byte 4 /,
  );
  expect((await stage.importFile('export.json')).report.stored?.messages).toBe(1);
});

it('[R4] [R10] several files behind each other are one: what stands in both counts once, and the read positions of the second hold for the first', async () => {
  await stage.makeTablo(TABLO, { [alice]: 'owner', [bob]: 'member' });
  const messages = [message({ id: 'a' }), message({ id: 'b' }), message({ id: 'c' })];
  const read = [{ user: { id: bob }, last_read: messages[0]?.['created_at'] }];
  const queried = { channels: [channelOf(messages.slice(1), { read })] };
  await stage.write('both.json', `${JSON.stringify([channelOf(messages)])}\n${JSON.stringify(queried)}`);
  const { report } = await stage.importFile('both.json');
  expect(report.stored?.messages).toBe(3);
  expect(await rows(`SELECT last_read_seq FROM channel_read_state WHERE user_id = '${bob}'`)).toEqual([
    { last_read_seq: '1' },
  ]);
});
