import type { EntryId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { growDown, growUp, MAX_ROWS, START_ROWS, TAIL, visibleRange, windowAround } from './render-window.ts';

const list = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ id: `m${from + index}` as EntryId }));

describe('[R9] the render window', () => {
  it('the render window starts with the newest and follows them', () => {
    expect(visibleRange(list(0, 1_000), TAIL)).toEqual({ start: 1_000 - START_ROWS, end: 1_000 });
    expect(visibleRange(list(0, 1_001), TAIL).end).toBe(1_001);
    expect(visibleRange([], TAIL)).toEqual({ start: 0, end: 0 });
  });

  it('the render window grows up to the beginning and down to the end, and never beyond its size', () => {
    const messages = list(0, 1_000);
    let window = TAIL;
    for (let step = 0; step < 20; step += 1) {
      const range = visibleRange(messages, window);
      expect(range.end - range.start).toBeLessThanOrEqual(MAX_ROWS);
      window = growUp(messages, range);
    }
    expect(visibleRange(messages, window).start).toBe(0);
    for (let step = 0; step < 20; step += 1) window = growDown(messages, visibleRange(messages, window));
    expect(window.lastId).toBeNull();
    expect(visibleRange(messages, window).end).toBe(1_000);
  });

  it('the render window keeps its messages when older ones come in front', () => {
    const messages = list(500, 1_000);
    const window = growUp(messages, visibleRange(messages, TAIL));
    const before = visibleRange(messages, window);
    const after = visibleRange(list(0, 1_000), window);
    expect(after).toEqual({ start: before.start + 500, end: before.end + 500 });
  });

  it('the render window falls back to the newest when its messages are gone', () => {
    const window = { firstId: 'gone' as EntryId, lastId: 'too' as EntryId };
    expect(visibleRange(list(0, 50), window)).toEqual({ start: 0, end: 50 });
  });

  it('the render window opens around a message that is jumped to', () => {
    const range = visibleRange(list(0, 1_000), windowAround(list(0, 1_000), 'm400' as EntryId));
    expect(range.start).toBeLessThan(400);
    expect(range.end).toBeGreaterThan(400);
  });
});
