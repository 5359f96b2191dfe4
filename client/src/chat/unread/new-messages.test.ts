import { createEntryId, type EntryId } from '@tablo/schema/ids';
import { beforeEach, describe, expect, it } from 'vitest';
import { NewMessages } from './new-messages.ts';

const ids = Array.from({ length: 10 }, () => createEntryId());
const at = (seq: number) => ({ id: ids[seq - 1] as EntryId, seq });
/** What is here, by the time it is shown. */
const here = (...seqs: number[]) => seqs.map((seq, index) => ({ id: at(seq).id, shownAt: index }));
const none = () => false;

let news: NewMessages;
beforeEach(() => {
  news = new NewMessages({ publish: () => {} });
});

describe('where the new messages begin', () => {
  it('[R10] the place where new messages begin is at the first of them in the order that people see, once the first to arrive is here', () => {
    news.note([at(4), at(5), at(6)], true, 3);
    expect(news.first(here(6, 5))).toEqual({ id: at(4).id, shownAt: null });
    expect(news.first(here(3, 5, 4, 6))?.id).toBe(at(5).id);
  });

  it('[R10] the place where new messages begin is nowhere while the server has named the newest alone, until it names the first', () => {
    news.note([at(8), at(9)], false, 2);
    expect(news.first(here(8, 9))).toBeNull();
    expect(news.ids).toBeNull();
    expect(news.unknownAfter(none)).toBe(2);
    news.nameFirst([
      { ...at(3), shownAt: 1_000 },
      { ...at(4), shownAt: 2_000 },
    ]);
    expect(news.first(here(8, 9))).toEqual({ id: at(3).id, shownAt: 1_000 });
    expect(news.unknownAfter(none)).toBeNull();
  });

  it('the place where new messages begin asks for the time of a first one that is not here, by its place', () => {
    news.note([at(4), at(5)], true, 1);
    expect(news.unknownAfter((id) => id === at(4).id)).toBeNull();
    expect(news.unknownAfter(none)).toBe(3);
    // The fourth was deleted without our hearing of it.
    news.nameFirst([{ ...at(5), shownAt: 5_000 }]);
    expect(news.first([])).toEqual({ id: at(5).id, shownAt: 5_000 });
  });

  it('[R10] the place where new messages begin stays after they were read, until others come that nobody saw', () => {
    news.add(at(1), 0);
    news.add(at(2), 0);
    news.read();
    expect(news.isUnread).toBe(false);
    news.readElsewhere(2);
    expect(news.first(here(1, 2))?.id).toBe(at(1).id);
    news.add(at(3), 2);
    expect(news.first(here(1, 2, 3))?.id).toBe(at(3).id);
    expect(news.isUnread).toBe(true);
  });

  it('[R10] the place where new messages begin begins anew also where the earlier ones were read on another device', () => {
    news.add(at(1), 0);
    news.add(at(2), 1);
    expect(news.first(here(1, 2))?.id).toBe(at(2).id);
  });

  it('[R10] the place where new messages begin moves on to what is still unread where a part was read on another device, and asks for no more than that', () => {
    news.note([at(1), at(2), at(3)], true, 0);
    news.nameFirst([{ ...at(1), shownAt: 1_000 }]);
    news.readElsewhere(2);
    expect(news.first(here(1, 2, 3))?.id).toBe(at(3).id);
    expect(news.first([])).toEqual({ id: at(3).id, shownAt: null });
    news.note([at(4), at(5)], true, 3);
    expect(news.ids).toEqual([at(4).id, at(5).id]);
    news.clear();
    news.note([at(9)], false, 2);
    news.readElsewhere(5);
    expect(news.unknownAfter(none)).toBe(5);
  });

  it('the place where new messages begin is sought from where the last search ended, not from the beginning again', () => {
    news.note([at(9)], false, 2);
    news.noneUpTo(7);
    expect(news.unknownAfter(none)).toBe(7);
  });

  it('the place where new messages begin goes when it was read and answered, and not when it was answered unread', () => {
    news.add(at(1), 0);
    news.answered();
    expect(news.first(here(1))).not.toBeNull();
    news.read();
    news.answered();
    expect(news.first(here(1))).toBeNull();
  });

  it('the place where new messages begin moves on when the first one is deleted', () => {
    news.note([at(1), at(2)], true, 0);
    news.forget(at(1).id);
    expect(news.first(here(2))?.id).toBe(at(2).id);
    news.forget(at(2).id);
    expect(news.isUnread).toBe(false);
  });
});
