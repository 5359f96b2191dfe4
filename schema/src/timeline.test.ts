import { describe, expect, it } from 'vitest';
import { createArrival, createDeletion, createEdit, createMessage, createReaction, type Entry } from './entry.ts';
import { createEntryId, type EntryId, type UserId } from './ids.ts';
import { Random } from './testing/random.ts';
import { Timeline, type TimelineRow } from './timeline.ts';

const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
const bob = '00000000-0000-4000-8000-00000000000b' as UserId;
const T = 1_700_000_000_000;

const fold = (entries: readonly Entry[]) => {
  const timeline = new Timeline();
  for (const entry of entries) timeline.add(entry);
  return timeline.messages();
};
const say = (author: UserId, at: number, text: string, id?: EntryId) =>
  createMessage({ author, sentAt: at, ...(id ? { id } : {}) }, text);

describe('Timeline', () => {
  it('[R5] Timeline orders by shownAt, then by id', () => {
    const ids = [createEntryId(T), createEntryId(T)].sort();
    const [first, second] = ids as [EntryId, EntryId];
    const list = fold([say(bob, T + 5, 'last'), say(alice, T, 'tie b', second), say(alice, T, 'tie a', first)]);
    expect(list.map(({ text }) => text)).toEqual(['tie a', 'tie b', 'last']);
  });

  it('[R5] Timeline shows a late message where the server received it', () => {
    const late = say(alice, T, 'written at ten');
    const list = fold([late, say(bob, T + 3_600_000, 'eleven'), createArrival([late.id], T + 7_200_000)]);
    expect(list.map(({ text }) => text)).toEqual(['eleven', 'written at ten']);
    expect(list[1]).toMatchObject({ sentAt: T, shownAt: T + 7_200_000 });
  });

  it('[R5] the latest edit wins, by the time it is shown and not by the time it came', () => {
    const message = say(alice, T, 'one');
    const early = createEdit({ author: alice, sentAt: T + 10 }, message.id, 'two');
    const late = createEdit({ author: alice, sentAt: T + 20 }, message.id, 'three');
    expect(fold([message, late, early])[0]?.text).toBe('three');
    expect(fold([message, late, early, createArrival([early.id], T + 99)])[0]?.text).toBe('two');
  });

  it('[R3] Timeline ignores an edit by anybody but the author', () => {
    const message = say(alice, T, 'mine');
    expect(fold([message, createEdit({ author: bob, sentAt: T + 1 }, message.id, 'yours')])[0]?.text).toBe('mine');
  });

  it('[R5] a deletion is final, whatever comes after it', () => {
    const message = say(alice, T, 'oops');
    const gone = createDeletion({ author: alice, sentAt: T + 1 }, message.id);
    const edit = createEdit({ author: alice, sentAt: T + 2 }, message.id, 'back?');
    expect(fold([gone, edit, message])[0]).toMatchObject({ isDeleted: true, text: '', editedAt: null });
  });

  it('[R5] the latest reaction of each member with each emoji wins', () => {
    const message = say(alice, T, 'hi');
    const on = createReaction({ author: bob, sentAt: T + 1 }, message.id, '👍', true);
    const off = createReaction({ author: bob, sentAt: T + 2 }, message.id, '👍', false);
    const mine = createReaction({ author: alice, sentAt: T + 3 }, message.id, '👍', true);
    expect(fold([message, off, on])[0]?.reactions).toEqual([]);
    expect(fold([mine, on, message])[0]?.reactions).toEqual([{ emoji: '👍', users: [bob, alice] }]);
  });

  it('[R4] Timeline counts a repeated entry once', () => {
    const message = say(alice, T, 'once');
    expect(fold([message, message, { ...message }])).toHaveLength(1);
  });

  it('[R5] Timeline gives the same list for every order and any repetition of 120 random entries', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = new Random(seed);
      const entries = randomEntries(random);
      const expected = fold(entries);
      const again = random.shuffle([...entries, ...entries.filter(() => random.chance(0.3))]);
      expect(fold(again), `seed ${seed}`).toEqual(expected);
    }
  });

  it('[R5] own unsent messages come last, whatever their time', () => {
    const timeline = new Timeline();
    timeline.add(say(bob, T + 1_000, 'sent'));
    timeline.setUnsent([{ entry: say(alice, T, 'mine'), delivery: { status: 'pending' } }]);
    expect(timeline.messages().map(({ text, delivery }) => [text, delivery.status])).toEqual([
      ['sent', 'sent'],
      ['mine', 'pending'],
    ]);
  });

  it('[R5] Timeline shows pending changes at once and refused ones not at all', () => {
    const timeline = new Timeline();
    const message = say(alice, T, 'before');
    timeline.add(message);
    const edit = createEdit({ author: alice, sentAt: T + 1 }, message.id, 'after');
    timeline.setUnsent([{ entry: edit, delivery: { status: 'pending' } }]);
    expect(timeline.messages()[0]?.text).toBe('after');
    const refusal = { code: 'forbidden', message: 'No.' } as const;
    timeline.setUnsent([{ entry: edit, delivery: { status: 'refused', refusal } }]);
    expect(timeline.messages()[0]).toMatchObject({
      text: 'before',
      unsentChanges: [{ delivery: { status: 'refused' } }],
    });
  });

  it('[R9] Timeline folds a row and the entries that came after it as it folds all entries', () => {
    const message = say(alice, T, 'one');
    const first = createEdit({ author: alice, sentAt: T + 10 }, message.id, 'two');
    const second = createEdit({ author: alice, sentAt: T + 20 }, message.id, 'three');
    const like = createReaction({ author: bob, sentAt: T + 5 }, message.id, '🎉', true);
    const unlike = createReaction({ author: bob, sentAt: T + 30 }, message.id, '🎉', false);
    const row: TimelineRow = {
      id: message.id,
      author: alice,
      text: 'two',
      sentAt: T,
      shownAt: T,
      replyTo: null,
      edit: { id: first.id, shownAt: T + 10 },
      isDeleted: false,
      reactions: [{ id: like.id, author: bob, emoji: '🎉', shownAt: T + 5 }],
    };
    const timeline = new Timeline();
    for (const entry of [second, unlike]) timeline.add(entry);
    timeline.addRow(row);
    expect(timeline.messages()).toEqual(fold([message, first, second, like, unlike]));
  });

  it('[R5] a reaction that comes late in a newer document does not outrank the one in the rows that took it back', () => {
    const message = say(alice, T, 'one');
    const [late, off] = [T + 5, T + 9].map((sentAt) =>
      createReaction({ author: bob, sentAt }, message.id, '🎉', sentAt === T + 5),
    ) as [Entry & { id: EntryId }, Entry & { id: EntryId }];
    const row: TimelineRow = {
      ...{
        id: message.id,
        author: alice,
        text: 'one',
        sentAt: T,
        shownAt: T,
        replyTo: null,
        edit: null,
        isDeleted: false,
      },
      reactions: [{ id: off.id, author: bob, emoji: '🎉', shownAt: T + 9, isWithdrawn: true }],
    };
    const timeline = new Timeline();
    timeline.addRow(row);
    timeline.add(late);
    expect(timeline.messages()).toEqual(fold([message, off, late]));
    expect(timeline.messages()[0]?.reactions).toEqual([]);
  });

  it('Timeline keeps the identity of messages that did not change', () => {
    const timeline = new Timeline();
    timeline.add(say(alice, T, 'a'));
    const [before] = timeline.messages();
    timeline.add(say(bob, T + 1, 'b'));
    expect(timeline.messages()[0]).toBe(before);
  });
});

function randomEntries(random: Random): Entry[] {
  const at = () => T + random.below(50);
  const messages = Array.from({ length: 30 }, (_, nth) => say(random.pick([alice, bob]), at(), `text ${nth}`));
  const others = Array.from({ length: 80 }, (_, nth): Entry => {
    const target = random.pick(messages);
    const by = { author: random.pick([alice, bob]), sentAt: at() };
    const kind = random.next();
    if (kind < 0.4) return createEdit({ ...by, author: target.author }, target.id, `edit ${nth}`);
    if (kind < 0.9) return createReaction(by, target.id, random.pick(['👍', '🎉']), random.chance(0.6));
    return createDeletion({ ...by, author: target.author }, target.id);
  });
  const all = [...messages, ...others];
  const arrivals = Array.from({ length: 10 }, () => createArrival([random.pick(all).id], T + random.below(100)));
  return [...all, ...arrivals];
}
