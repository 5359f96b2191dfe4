import { createMessage, type Entry } from '@tablo/schema/entry';
import { createEntryId, type UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { EMPTY_RECORD as record } from '../testing/channel-record.ts';
import { newestOf, noteNewest } from './newest-message.ts';

const ALICE = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;
const BOB = 'bbbbbbbb-0000-4000-8000-0000000000b2' as UserId;
const message = (text: string, sentAt: number) => createMessage({ author: ALICE, sentAt }, text);

describe('the newest message of a tablo at rest', () => {
  it('[R5] the newest message of a tablo at rest is the newest by the order of the timeline, late ones at their arrival', () => {
    const [early, late] = [message('early', 10), message('late', 5)] as const;
    expect(noteNewest(record, [early, late]).lastMessage?.text).toBe('early');
    const arrival: Entry = {
      kind: 'arrival',
      id: createEntryId(),
      author: 'server',
      sentAt: 20,
      of: [late.id],
      at: 20,
    };
    expect(noteNewest(record, [early, late, arrival]).lastMessage).toMatchObject({ text: 'late', shownAt: 20 });
  });

  it('the newest message of a tablo at rest follows an edit by its author, not by somebody else', () => {
    const said = message('teh', 10);
    const shown = noteNewest(record, [said]);
    const edit = (author: UserId): Entry => ({
      kind: 'edit',
      id: createEntryId(),
      author,
      sentAt: 11,
      target: said.id,
      text: 'the',
    });
    expect(noteNewest(shown, [edit(BOB)]).lastMessage?.text).toBe('teh');
    expect(noteNewest(shown, [edit(ALICE)]).lastMessage?.text).toBe('the');
  });

  it('the newest message of a tablo at rest does not go back to an older one, however often it comes', () => {
    const newest = message('newest', 10);
    const shown = noteNewest(record, [newest]);
    expect(noteNewest(shown, [message('older', 9), newest])).toBe(shown);
    expect(newestOf(shown.lastMessage, null)).toEqual(shown.lastMessage);
  });
});
