import { describe, expect, it } from 'vitest';
import type { SearchReach } from '../../chat/chat.ts';
import { sinceDayLabel } from './date-labels.ts';
import { answerSentence, progressSentence, reachSentence } from './search-sentences.ts';

const NOW = new Date(2026, 10, 18, 9).getTime();
const MAY = new Date(2026, 4, 3).getTime();
const DAY = sinceDayLabel(MAY, NOW);
const reach = (more: Partial<SearchReach> = {}): SearchReach => ({
  count: 1_500,
  since: MAY,
  isNewest: true,
  isWhole: false,
  ...more,
});

describe('the sentence of a search', () => {
  it('the sentence of a search says how far back this device knows, and "newest" only where the server said so', () => {
    expect(reachSentence(reach(), NOW)).toBe(`The newest 1,500 messages, since ${DAY}, are on this device.`);
    expect(reachSentence(reach({ isNewest: false }), NOW)).toBe(`1,500 messages, since ${DAY}, are on this device.`);
    expect(reachSentence(reach({ count: 1 }), NOW)).toBe(`The newest message, since ${DAY}, is on this device.`);
    expect(reachSentence(reach({ count: 0, since: null }), NOW)).toBe('No messages are on this device.');
  });

  it('the sentence of a search says that nothing is there only of the whole tablo', () => {
    expect(answerSentence({ messages: [], reach: reach() }, NOW)).toBe(
      `No match so far. The newest 1,500 messages, since ${DAY}, are on this device.`,
    );
    expect(answerSentence({ messages: [], reach: reach({ isWhole: true }) }, NOW)).toBe('Nothing found in this tablo.');
  });

  it('the sentence of a search tells how far it has read', () => {
    expect(progressSentence({ count: 0, since: 0 }, NOW)).toBe('Reading older messages…');
    expect(progressSentence({ count: 300, since: MAY }, NOW)).toBe(
      `Reading older messages: 300 messages, back to ${DAY}…`,
    );
  });
});
