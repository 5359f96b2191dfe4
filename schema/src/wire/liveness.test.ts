import { describe, expect, it } from 'vitest';
import { MIN_LINK_BYTES_PER_SECOND } from '../limits.ts';
import { Liveness } from './liveness.ts';

const TIMEOUTS = { askAfterMs: 2_500, answerMs: 3_000 };
const open = () => new Liveness(TIMEOUTS, 0);
/** Bytes that the slowest link carries in so many seconds. */
const seconds = (count: number) => count * MIN_LINK_BYTES_PER_SECOND;

describe('a link', () => {
  it('[R11] a link is asked after a silence, and dead when it does not answer', () => {
    const link = open();
    expect([link.judge(2_499), link.judge(2_500)]).toEqual(['alive', 'ask']);
    link.noteAsked(2_500);
    expect([link.judge(5_499), link.judge(5_500)]).toEqual(['wait', 'dead']);
  });

  it('[R11] a link lives on whatever is heard of it, an answer or not', () => {
    const link = open();
    link.noteAsked(2_500);
    link.noteHeard(5_400);
    expect([link.judge(5_500), link.judge(7_900)]).toEqual(['alive', 'ask']);
  });

  it('[R11] a link is never dead unasked, however long nobody looked', () => {
    expect(open().judge(86_400_000)).toBe('ask');
  });

  it('[R11] a link may take the time that a slow one needs for what was sent', () => {
    const link = open();
    link.noteSent(seconds(40), 0);
    link.noteSent(seconds(20), 1_000);
    link.noteAsked(2_500);
    expect([link.judge(62_999), link.judge(63_000)]).toEqual(['wait', 'dead']);
  });

  it('[R11] a link needs no time for what it had time for already', () => {
    const link = open();
    link.noteSent(seconds(10), 0);
    link.noteHeard(60_000);
    link.noteAsked(62_500);
    expect(link.judge(65_500)).toBe('dead');
  });

  it('[R11] a link that answered has what was sent before the question, not what was sent after it', () => {
    const link = open();
    link.noteSent(seconds(100), 0);
    link.noteAsked(2_500);
    link.noteSent(seconds(5), 3_000);
    link.noteHeard(3_500);
    link.noteAnswer(4_000);
    link.noteAsked(6_500);
    expect([link.judge(11_999), link.judge(12_000)]).toEqual(['wait', 'dead']);
  });

  it('[R11] a link may take the time that a slow one needs for what was announced, until that has come', () => {
    const link = open();
    link.noteComing(seconds(120), 1_000);
    link.noteAsked(2_500);
    expect([link.comingMs(2_000), link.judge(123_999), link.judge(124_000)]).toEqual([119_000, 'wait', 'dead']);
    link.noteHeard(90_000);
    link.noteAsked(92_500);
    expect([link.comingMs(92_500), link.judge(95_500)]).toEqual([0, 'dead']);
  });
});
