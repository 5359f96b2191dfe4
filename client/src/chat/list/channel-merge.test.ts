import type { Entry } from '@tablo/schema/entry';
import { createMessage } from '@tablo/schema/entry';
import { createEntryId, type UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import type { ChannelRecord } from '../store/local-store.ts';
import { EMPTY_RECORD as record } from '../testing/channel-record.ts';
import { noteNewest } from '../unread/newest-message.ts';
import { doubtReadPosition, markReadUpTo } from '../unread/unread.ts';
import { mergeChannel } from './channel-merge.ts';

const ALICE = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;
const message = (text: string, sentAt: number) => createMessage({ author: ALICE, sentAt }, text);
describe("the server's list", () => {
  const rest = {
    id: record.id,
    name: 'Kitchen',
    role: 'member' as const,
    epoch: 1,
    last_seq: 4,
    read_seq: 1,
    unread_count: 2,
    last_message: null,
    created_at: new Date(0).toISOString(),
  };

  it('[R10] the server’s list never takes back what was read here', () => {
    expect(mergeChannel({ ...record, readSeq: 3, pendingRead: 3 }, rest)).toMatchObject({
      readSeq: 3,
      pendingRead: 3,
      lastSeq: 4,
    });
  });

  const ahead: ChannelRecord = { ...record, epoch: 2, lastSeq: 50, readSeq: 50, confirmedRead: 50 };

  it.each([
    ['has fewer messages', ahead, { ...rest, epoch: 2, last_seq: 40, read_seq: 50 }],
    ['is in an earlier epoch', ahead, { ...rest, last_seq: 60, read_seq: 50 }],
    ['has a position behind the one that it had named', ahead, { ...rest, epoch: 2, last_seq: 60, read_seq: 38 }],
    ['refused what it had shown us', doubtReadPosition(ahead), { ...rest, epoch: 3, last_seq: 60, read_seq: 50 }],
  ])(
    '[R10] a restored server that %s has other numbers: new messages are not read because old ones were',
    (_, known, answer) => {
      expect(mergeChannel(known, answer)).toMatchObject({
        lastSeq: answer.last_seq,
        readSeq: answer.read_seq,
        unlistedUnread: 2,
        pendingRead: null,
      });
    },
  );

  it('[R10] an answer that is older than what came meanwhile is no sign of a restored server', () => {
    const known = markReadUpTo(ahead, 52);
    expect(
      mergeChannel(
        known,
        { ...rest, epoch: 2, last_seq: 45, read_seq: 45 },
        { ...ahead, lastSeq: 45, confirmedRead: 45 },
      ),
    ).toMatchObject({
      lastSeq: 50,
      readSeq: 52,
      pendingRead: 52,
    });
  });

  const listedAs = (text: string, sentAt: number) => {
    const { id } = message(text, sentAt);
    return { id, user_id: ALICE, user_name: 'Alice', text, created_at: new Date(sentAt).toISOString() };
  };

  it('[R5] an answer that crosses a new message on its way does not take it off the list', () => {
    const asked = noteNewest(record, [message('before', 10)]);
    const known = noteNewest(asked, [message('meanwhile', 20)]);
    for (const last_message of [null, listedAs('before', 10)])
      expect(mergeChannel(known, { ...rest, last_message }, asked).lastMessage?.text).toBe('meanwhile');
    expect(mergeChannel(known, { ...rest, last_message: null }, null).lastMessage?.text).toBe('meanwhile');
    expect(mergeChannel(known, { ...rest, last_message: listedAs('newer', 30) }, asked).lastMessage?.text).toBe(
      'newer',
    );
  });

  it('[R5] an answer that crosses an edit on its way does not take it back', () => {
    const said = message('teh', 10);
    const asked = noteNewest(record, [said]);
    const edit: Entry = {
      kind: 'edit',
      id: createEntryId(),
      author: ALICE,
      sentAt: 11,
      target: said.id,
      text: 'the',
    };
    const known = noteNewest(asked, [edit]);
    const answer = { ...rest, last_message: { ...listedAs('teh', 10), id: said.id } };
    expect(mergeChannel(known, answer, asked).lastMessage?.text).toBe('the');
  });

  it('[R5] the server’s list takes a deleted message off the list when nothing has come since the question', () => {
    const known = noteNewest(record, [message('deleted elsewhere', 10)]);
    expect(mergeChannel(known, { ...rest, last_message: listedAs('older', 5) }, known).lastMessage?.text).toBe('older');
    expect(mergeChannel(known, rest, known).lastMessage).toBeNull();
  });

  it('the server’s list changes nothing when nothing changed', () => {
    const known = mergeChannel(record, rest);
    expect(mergeChannel(known, rest)).toBe(known);
  });
});
