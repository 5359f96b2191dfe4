import { channelsAnswer, channelAnswer as restChannelAnswer } from '@tablo/schema/rest/channel';
import { errorBody as restErrorBody } from '@tablo/schema/rest/common';
import { draftsAnswer as restDraftsAnswer } from '@tablo/schema/rest/draft';
import { inviteGlance, membersAnswer, inviteAnswer as restInviteAnswer } from '@tablo/schema/rest/member';
import { messagesPage as restMessagesPage } from '@tablo/schema/rest/message';
import { readAnswer as restReadAnswer, unreadAnswer as restUnreadAnswer } from '@tablo/schema/rest/read';
import { serverStateless } from '@tablo/schema/wire/stateless';
import { describe, expect, it } from 'vitest';
import { readAs, type Shape } from '../base/shape.ts';
import { parseServerStateless } from '../link/server-stateless.ts';
import * as answers from './answers.ts';

interface Schema {
  safeParse(value: unknown): { readonly data?: unknown };
}

const TEXT = 'text';
const channel = {
  ...{ id: TEXT, name: TEXT, role: 'member', epoch: 1, last_seq: 3, read_seq: 2, unread_count: 1, created_at: TEXT },
  last_message: { id: TEXT, user_id: TEXT, user_name: null, text: TEXT, created_at: TEXT },
};
const member = { user_id: TEXT, role: 'owner', name: null, email: null, avatar_url: TEXT, created_at: TEXT };
const reaction = { entry_id: TEXT, user_id: TEXT, emoji: TEXT, created_at: TEXT };
const message = {
  ...{ id: TEXT, channel_id: TEXT, user_id: TEXT, user_name: TEXT, text: '', created_at: TEXT, sent_at: TEXT },
  ...{ received_at: TEXT, updated_at: null, edit_id: TEXT, reply_to: null, seq: 7, deleted_at: null },
  ...{ reactions: [reaction], withdrawn_reactions: [reaction] },
};
const draft = { channel_id: TEXT, text: TEXT, updated_at: TEXT };
const invite = { id: TEXT, code: TEXT, url: TEXT, expires_at: TEXT };

const PAIRS: readonly (readonly [string, Schema, Shape<unknown>, object])[] = [
  ['a tablo', restChannelAnswer, answers.channelAnswer, { channel }],
  [
    'tablos',
    channelsAnswer,
    answers.channelsPage,
    { channels: [channel, { ...channel, last_message: null }], cursor: TEXT },
  ],
  ['members', membersAnswer, answers.membersPage, { members: [member], cursor: null }],
  ['messages', restMessagesPage, answers.messagesPage, { messages: [message], hasMore: true }],
  ['drafts', restDraftsAnswer, answers.draftsAnswer, { drafts: [draft] }],
  ['read', restReadAnswer, answers.readAnswer, { ok: true, read_seq: 1, unread_count: 0 }],
  [
    'unread',
    restUnreadAnswer,
    answers.unreadAnswer,
    { unread: [{ channel_id: TEXT, unread_count: 1, messages: [{ id: TEXT, seq: 1 }] }] },
  ],
  ['a link', restInviteAnswer, answers.inviteAnswer, { invite }],
  ['an error', restErrorBody, answers.errorBody, { error: TEXT, code: 'not-found' }],
];

/** The value, and the value with each of its fields gone, null or of another type, wherever it stands; and with one that nobody knows. */
function* variants(value: unknown): Generator<unknown> {
  yield value;
  for (const other of [undefined, null, 5, 1.5, 'x', true, {}, []]) yield other;
  if (Array.isArray(value)) for (const one of variants(value[0])) yield [one];
  else if (typeof value === 'object' && value !== null) {
    yield { ...value, unheardOf: 1 };
    for (const [key, field] of Object.entries(value)) {
      const { [key]: _, ...others } = value as Record<string, unknown>;
      yield others;
      for (const one of variants(field)) yield { ...others, [key]: one };
    }
  }
}
/** Whether a key stands there with nothing, or not at all, is the same as JSON. */
const asJson = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

describe('what the page reads of the server’s words, it reads as the schema does', () => {
  it.each(PAIRS)('the page reads %s as the schema does', (_, schema, shape, sample) => {
    let count = 0;
    for (const value of variants(sample)) {
      const wanted = schema.safeParse(value).data;
      expect(asJson(readAs(shape, value)?.data), JSON.stringify(value)).toEqual(asJson(wanted));
      count += 1;
    }
    expect(count).toBeGreaterThan(20);
    expect(schema.safeParse(sample).data).toBeDefined();
  });

  it.each([
    { type: 'refused', code: 'read-only', message: TEXT, ids: [TEXT] },
    { type: 'committed', seq: 1, messages: [TEXT], others: [], shownAt: { [TEXT]: 1 } },
    { type: 'read', seq: 1 },
    { type: 'changed' },
    { type: 'storage', isAway: true },
    { type: 'coming', bytes: 1 },
    { type: 'draft', text: TEXT, at: 1 },
  ])('the stateless message $type', (sample) => {
    for (const value of variants(sample)) {
      if (value === undefined) continue;
      const wanted = serverStateless.safeParse(asJson(value)).data ?? null;
      expect(parseServerStateless(JSON.stringify(value)), JSON.stringify(value)).toEqual(wanted);
    }
    expect(parseServerStateless(JSON.stringify(sample))).toEqual(sample);
  });

  it('what is no JSON is nothing', () => {
    for (const payload of ['', '{', 'null', '"read"', '{"type":"__proto__"}'])
      expect(parseServerStateless(payload)).toBeNull();
  });

  it('a glance at an invitation has the fields that the schema names', () => {
    expect(Object.keys(inviteGlance.shape).sort()).toEqual(['channel_id', 'expires_at', 'invited_by', 'role', 'tablo']);
  });
});
