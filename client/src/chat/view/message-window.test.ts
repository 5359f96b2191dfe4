import type { TimelineMessage } from '@tablo/schema/timeline';
import { describe, expect, it } from 'vitest';
import { MessageWindow } from './message-window.ts';

const PAGE = 10;
const message = (nth: number): TimelineMessage =>
  ({ id: `m-${nth}`, shownAt: nth, delivery: { status: 'sent' } }) as unknown as TimelineMessage;
const range = (from: number, to: number): TimelineMessage[] =>
  Array.from({ length: to - from }, (_, nth) => message(from + nth));

describe('the part of a timeline that is on the screen', () => {
  it('begins a page from the end, and grows at the end with what comes', () => {
    const window = new MessageWindow(PAGE);
    window.hold(range(0, 30));
    expect(window.startOf(range(0, 30))).toBe(20);
    expect(window.startOf(range(0, 45))).toBe(20);
  });

  it('[R9] is as it was for whoever reads back, after a moment in which fewer messages are known', () => {
    const window = new MessageWindow(PAGE);
    window.hold(range(0, 30));
    window.grow(range(0, 30));
    expect(window.startOf(range(0, 30))).toBe(10);
    for (const known of [range(20, 30), [], range(25, 31)]) {
      expect(window.startOf(known)).toBe(0);
      window.hold(known);
    }
    expect(window.startOf(range(0, 35))).toBe(10);
  });

  it('includes a message above it, with half a page that leads up to it, and never lets go of what it shows', () => {
    const window = new MessageWindow(PAGE);
    window.hold(range(0, 60));
    window.include(range(0, 60), message(30));
    expect(window.startOf(range(0, 60))).toBe(25);
    window.include(range(0, 60), message(58));
    expect(window.startOf(range(0, 60))).toBe(25);
    window.include(range(0, 60), message(2));
    expect(window.startOf(range(0, 60))).toBe(0);
  });

  it('begins anew when it was left', () => {
    const window = new MessageWindow(PAGE);
    window.hold(range(0, 30));
    window.reset();
    expect(window.startOf(range(0, 45))).toBe(35);
  });
});
