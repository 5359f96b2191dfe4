import { describe, expect, it } from 'vitest';
import { CausalClock } from './causal-clock.ts';
import { type DraftText, isDraftText, isLaterDraft, mergeDrafts, NO_DRAFT } from './draft.ts';
import { Random } from './testing/random.ts';

/** As the bytes of their UTF-8 sort. */
const TEXTS = ['', 'a', 'ab', 'a\ue000', 'a😀', 'b', 'é', '\ue000', '\uffff', '😀', '😀a'];

describe('which draft stands', () => {
  it('[R7] the winning draft is the later one, an empty one too', () => {
    const typed = { text: 'half a thou', at: 5 };
    expect(mergeDrafts(typed, { text: '', at: 6 })).toEqual({ text: '', at: 6 });
    expect(mergeDrafts(typed, { text: '', at: 4 })).toEqual(typed);
    expect(mergeDrafts(NO_DRAFT, typed)).toEqual(typed);
  });

  it('[R8] the winner of two of the same millisecond is never the empty one', () => {
    expect(mergeDrafts({ text: '', at: 5 }, { text: 'a', at: 5 }).text).toBe('a');
  });

  it('the rule of drafts sorts texts by code point, as PostgreSQL does with COLLATE "C"', () => {
    const shuffled = new Random(3).shuffle(TEXTS);
    const isAfter = (left: string, right: string) => isLaterDraft({ text: left, at: 1 }, { text: right, at: 1 });
    expect(shuffled.toSorted((left, right) => (isAfter(left, right) ? 1 : -1))).toEqual(TEXTS);
  });

  it('[R5] the winning draft is the same whatever the order, grouping and repetition of what comes', () => {
    const random = new Random(7);
    const next = (): DraftText => ({ text: random.pick(TEXTS), at: random.below(4) });
    for (let round = 0; round < 2_000; round += 1) {
      const [a, b, c] = [next(), next(), next()];
      expect(mergeDrafts(a, b)).toEqual(mergeDrafts(b, a));
      expect(mergeDrafts(mergeDrafts(a, b), c)).toEqual(mergeDrafts(a, mergeDrafts(b, c)));
      expect(mergeDrafts(a, a)).toEqual(a);
      expect(isLaterDraft(a, b) && isLaterDraft(b, a)).toBe(false);
    }
  });

  it('[R8] a device whose clock has jumped back a day still writes after what it has seen', () => {
    let now = 86_400_000 * 2;
    const clock = new CausalClock(() => now);
    const before = { text: 'before', at: clock.next() };
    now -= 86_400_000;
    expect(mergeDrafts(before, { text: 'after', at: clock.next() }).text).toBe('after');
  });
});

describe('a draft’s text', () => {
  it('a draft’s text is bounded like a message, and may be empty', () => {
    expect(['', ' \n', 'a'.repeat(8_000), '😀'.repeat(8_000)].map(isDraftText)).toEqual([true, true, true, true]);
    expect(['a'.repeat(8_001), ' '.repeat(20_001), 'a\u0000', '\ud800'].map(isDraftText)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
