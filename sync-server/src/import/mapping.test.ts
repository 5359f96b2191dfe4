import { getManyValues, isMany } from 'stream-chain/defs.js';
import { jsonParser } from 'stream-json/core/parser.js';
import { describe, expect, it } from 'vitest';
import { PieceBuilder, type Token } from './file/piece-builder.ts';
import { asTime } from './file/read-value.ts';
import { RecordReader } from './file/stream-records.ts';
import { parseImportArguments } from './import-options.ts';
import { mapMessage } from './mapping/map-message.ts';
import { mapMember } from './mapping/map-others.ts';
import { readText, splitText } from './mapping/message-text.ts';
import { People } from './mapping/people.ts';
import { emojiOf, isEmoji, REACTION_EMOJI } from './mapping/reaction-emoji.ts';
import { asUuid, createNamedId } from './mapping/stream-ids.ts';

/** What a file's text is taken for: kind and channel of each. */
function recognize(...values: readonly unknown[]): readonly string[] {
  const parse = jsonParser({ jsonStreaming: true, streamValues: false, packValues: true });
  const builder = new PieceBuilder();
  const reader = new RecordReader();
  const tokens = parse(`${values.map((value) => JSON.stringify(value)).join('\n')}\n`);
  return (isMany(tokens) ? getManyValues(tokens) : []).flatMap((token) => {
    const piece = builder.push(token as Token);
    return piece === null
      ? []
      : reader.read(piece).map((one) => (one.kind === 'unknown' ? `unknown ${one.looks}` : `${one.kind} ${one.cid}`));
  });
}

const user = { id: 'u', name: 'U', image: 'https://x.example/u.png' };
const message = { id: 'm', text: 'hello', user, type: 'regular', created_at: '2024-01-01T10:00:00Z' };
const member = { user_id: 'u', user, channel_role: 'channel_member' };
const read = { user, last_read: '2024-01-01T10:00:00Z', unread_messages: 0 };
const channel = { id: 'c', type: 'messaging', cid: 'messaging:c', config: {} };
const of = { channel_type: 'messaging', channel_id: 'c' };

describe('the shapes in which Stream hands out channels', () => {
  const whole = ['message messaging:c', 'member messaging:c', 'read messaging:c', 'channel messaging:c'];
  const shapes: readonly (readonly [what: string, values: readonly unknown[], recognized: readonly string[]])[] = [
    ['a channel', [{ channel, messages: [message], members: [member], read: [read] }], whole],
    ['a list of channels', [[{ channel, messages: [message], members: [member], reads: [read] }]], whole],
    [
      'an object with channels',
      [{ channels: [{ channel, messages: [message], members: [member], read: [read] }] }],
      whole,
    ],
    [
      'a channel whose fields stand beside its messages',
      [{ ...channel, messages: [message], members: [member], read: [read] }],
      whole,
    ],
    [
      'a channel whose messages come first',
      [{ messages: [message], channel }],
      ['channel messaging:c', 'message messaging:c'],
    ],
    [
      'a channel a line',
      [
        { channel, messages: [message] },
        { channel, members: [member] },
      ],
      ['message messaging:c', 'channel messaging:c', 'member messaging:c', 'channel messaging:c'],
    ],
    [
      'an entity a line, with its type',
      [
        ...[
          { type: 'user', data: user },
          { type: 'channel', data: channel },
          { type: 'member', data: { ...of, user_id: 'u' } },
        ],
        ...[
          { type: 'message', data: { ...message, ...of } },
          { type: 'reaction', data: { message_id: 'm', type: 'like', user_id: 'u' } },
        ],
      ],
      ['user null', 'channel messaging:c', 'member messaging:c', 'message messaging:c', 'reaction null'],
    ],
    [
      'a list of items',
      [
        [
          { type: 'channel', item: channel },
          { type: 'message', item: { ...message, ...of } },
        ],
      ],
      ['channel messaging:c', 'message messaging:c'],
    ],
    [
      'an entity a line, by its name',
      [{ channel }, { message: { ...message, cid: 'messaging:c' } }, { member: { ...member, ...of } }],
      ['channel messaging:c', 'message messaging:c', 'member messaging:c'],
    ],
    [
      'an entity a line, as it is',
      [{ ...message, cid: 'messaging:c' }, { ...member, ...of }, user, { ...channel }],
      ['message messaging:c', 'member messaging:c', 'user null', 'channel messaging:c'],
    ],
    [
      'a channel that is known by its members',
      [
        { type: 'channel', data: { type: 'messaging', member_ids: ['b', 'a'] } },
        { type: 'message', data: { ...message, channel_type: 'messaging', channel_member_ids: ['a', 'b'] } },
      ],
      ['channel messaging:!a,b', 'message messaging:!a,b'],
    ],
    ['devices, which become nothing', [{ type: 'device', data: { id: 'd' } }], []],
    ['something else', [{ foo: 1, bar: [2] }, 7], ['unknown bar, foo', 'unknown a number']],
  ];
  it.each(shapes)('are recognized: %s', (_, values, recognized) => {
    expect(recognize(...values)).toEqual(recognized);
  });
});

it('[R8] ids that nobody can store are mended, and endless ones are none', () => {
  expect(recognize({ ...message, id: 'a\u0000b', cid: 'messaging:\ud800' })).toEqual(['message messaging:\ufffd']);
  expect(recognize({ type: 'message', data: { ...message, ...of, channel_id: 'c'.repeat(600) } })).toEqual([
    'message null',
  ]);
  const members = Array.from({ length: 100 }, (_, nth) => `member-with-a-long-name-${nth}`);
  const [channel] = recognize({ type: 'channel', data: { type: 'messaging', member_ids: members } });
  expect(channel).toMatch(/^channel messaging:![0-9a-f-]{36}$/);
});

describe('times', () => {
  it.each([
    ['2021-02-17T08:17:49.745857Z', 1_613_549_869_745_857],
    ['2025-01-23T13:06:58.365621247Z', 1_737_637_618_365_621],
    ['2021-02-17T08:17:49Z', 1_613_549_869_000_000],
    ['2021-02-17T09:17:49.5+01:00', 1_613_549_869_500_000],
    [1_613_549_869_745, 1_613_549_869_745_000],
    ['1969-12-31T23:59:59Z', null],
    ['tomorrow', null],
    ['2021-02-17', null],
    [null, null],
  ])('%s', (value, us) => {
    expect(asTime(value)).toBe(us);
  });
});

describe('texts', () => {
  const texts: readonly (readonly [
    what: string,
    message: Record<string, unknown>,
    parts: readonly string[],
    dropped: readonly string[],
  ])[] = [
    ['a text', { text: '  hello\nyou ' }, ['hello\nyou'], []],
    [
      'a file',
      { text: 'see', attachments: [{ type: 'file', title: 'Plan.pdf', asset_url: 'https://f.example/p' }] },
      ['see\n\nPlan.pdf: https://f.example/p'],
      [],
    ],
    [
      'a picture without a text',
      { text: '', attachments: [{ type: 'image', fallback: 'cat.png', image_url: 'https://f.example/c' }] },
      ['cat.png: https://f.example/c'],
      [],
    ],
    [
      'a page that the text names',
      {
        text: 'https://p.example/a is it',
        attachments: [{ og_scrape_url: 'https://p.example/a', title: 'A page', image_url: 'https://p.example/i' }],
      },
      ['https://p.example/a is it'],
      [],
    ],
    [
      'an attachment without an address',
      { text: 'here', attachments: [{ type: 'geolocation', latitude: 1 }] },
      ['here'],
      ['geolocation'],
    ],
    [
      'an address that is no link',
      { text: 'here', attachments: [{ type: 'file', asset_url: 'javascript:alert(1)' }] },
      ['here'],
      ['file'],
    ],
    ['nothing that can be seen', { text: '\u200b' }, [], []],
    ['what nobody can store', { text: 'a\u0000b\ud800' }, ['ab\ufffd'], []],
  ];
  it.each(texts)('%s', (_, value, parts, dropped) => {
    const text = readText(value);
    expect([text.parts, text.dropped]).toEqual([parts, dropped]);
  });

  it('are split at white space, and within a word only where there is none', () => {
    expect(splitText('aaa bbb ccc', 7)).toEqual(['aaa bbb', 'ccc']);
    expect(splitText('aaa bbb ccc', 8)).toEqual(['aaa bbb', 'ccc']);
    expect(splitText('aaaaaaaaaa', 4)).toEqual(['aaaa', 'aaaa', 'aa']);
    expect(splitText('😀😀😀', 2)).toEqual(['😀😀', '😀']);
  });
});

describe('messages', () => {
  const context = () => ({ cid: 'messaging:c', people: new People(new Map()), keepsSystemMessages: false });
  const reasons: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ id: undefined }, 'no-id'],
    [{ user: null }, 'no-author'],
    [{ created_at: null }, 'no-time'],
    [{ text: '' }, 'no-text'],
    [{ type: 'system' }, 'system'],
    [{ type: 'ephemeral' }, 'ephemeral'],
    [{ type: 'error' }, 'ephemeral'],
    [{ shadowed: true }, 'shadowed'],
    [{ restricted_visibility: ['u'] }, 'restricted'],
    [{ status: 'pending' }, 'pending'],
  ];
  it.each(reasons)('%j are left out: %s', (more, reason) => {
    expect(mapMessage({ ...message, ...more }, context())).toBe(reason);
  });

  it('[R8] that are deleted keep their place and lose their text, whatever the file still says', () => {
    const mapped = mapMessage(
      { ...message, type: 'deleted', attachments: [{ type: 'file', asset_url: 'https://f.example/p' }] },
      context(),
    );
    expect(mapped).toMatchObject({ rows: [{ text: '', deleted_ms: 1_704_103_200_000 }], attached: [] });
  });

  it('answer the message that they quote, or else the one of their thread', () => {
    const reply = (more: Record<string, unknown>) => {
      const mapped = mapMessage({ ...message, ...more }, context());
      return typeof mapped === 'string' ? mapped : mapped.rows[0]?.reply;
    };
    expect(reply({ parent_id: 'p' })).toBe('p');
    expect(reply({ parent_id: 'p', quoted_message_id: 'q' })).toBe('q');
    expect(reply({})).toBe(null);
  });
});

describe('ids and roles', () => {
  it('[R4] are the same each time, and no two things have one', () => {
    expect(createNamedId('message', 'messaging:c', 'm')).toBe(createNamedId('message', 'messaging:c', 'm'));
    expect(createNamedId('message', 'messaging:c', 'm')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const ids = [
      createNamedId('user', 'a'),
      createNamedId('channel', 'a'),
      createNamedId('user', 'a', 'b'),
      createNamedId('user', 'a,b'),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(asUuid('ABCDEF01-0000-4000-8000-00000000000A')).toBe('abcdef01-0000-4000-8000-00000000000a');
    expect(asUuid('rodolphe')).toBe(null);
  });

  it.each([
    [{ role: 'owner' }, 'owner'],
    [{ role: 'member', channel_role: 'channel_moderator' }, 'admin'],
    [{ is_moderator: true }, 'admin'],
    [{ role: 'admin' }, 'admin'],
    [{ role: 'member', channel_role: 'channel_member' }, 'member'],
    [{ channel_role: 'guest' }, 'guest'],
  ])('%j becomes %s', (said, role) => {
    expect(mapMember({ user_id: 'u', ...said }, 'messaging:c', new People(new Map()))).toMatchObject({ role });
  });

  it('of reactions: Stream’s words, emoji themselves, and what the operator adds', () => {
    for (const [type, emoji] of Object.entries(REACTION_EMOJI)) expect([type, isEmoji(emoji)]).toEqual([type, true]);
    const none = new Map<string, string>();
    expect(emojiOf('like', none)).toBe('👍');
    expect(emojiOf('🦜', none)).toBe('🦜');
    expect(emojiOf('parrot', none)).toBe(null);
    expect(emojiOf('constructor', none)).toBe(null);
    expect(emojiOf('like', new Map([['like', '💙']]))).toBe('💙');
  });
});

describe('the command line', () => {
  it.each([
    [['stream', 'a.json', '--dry-run'], { file: 'a.json', isDryRun: true, unknownUsers: 'stop', members: 'new' }],
    [
      ['--users', 'u.csv', 'stream', 'a.json', '--unknown-users=placeholder'],
      { users: 'u.csv', unknownUsers: 'placeholder' },
    ],
  ])('%j', (argv, options) => {
    expect(parseImportArguments(argv)).toMatchObject({ ok: true, value: { options } });
  });

  it.each([
    [[], /npm run import -- stream export\.json/],
    [['slack', 'a.json'], /Say what to import from/],
    [['stream'], /Name the file/],
    [['stream', 'a', 'b'], /One file at a time/],
    [['stream', 'a', '--users'], /--users needs a value/],
  ])('%j is a sentence', (argv, said) => {
    const parsed = parseImportArguments(argv);
    expect(parsed.ok ? '' : parsed.error).toMatch(said);
  });
});
