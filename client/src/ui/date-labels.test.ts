import { describe, expect, it } from 'vitest';
import { dayLabel, isSameDay, listLabel } from './date-labels.ts';

const at = (...parts: [number, number, number, number?, number?]) =>
  new Date(parts[0], parts[1] - 1, parts[2], parts[3] ?? 12, parts[4] ?? 0).getTime();

const NOW = at(2026, 11, 18, 9);

describe('dayLabel', () => {
  it('names days as people do', () => {
    expect(dayLabel(at(2026, 11, 18, 0, 1), NOW)).toBe('Today');
    expect(dayLabel(at(2026, 11, 17, 23, 59), NOW)).toBe('Yesterday');
    expect(dayLabel(at(2026, 11, 13), NOW)).toBe('Friday');
    expect(dayLabel(at(2026, 11, 11), NOW)).toBe('Wed, November 11');
    expect(dayLabel(at(2025, 12, 24), NOW)).toBe('December 24, 2025');
  });

  it('does not call a wrong clock’s tomorrow a weekday of the past', () => {
    expect(dayLabel(at(2026, 11, 19), NOW)).toBe('Thu, November 19');
  });
});

describe('listLabel', () => {
  it('is short', () => {
    expect(listLabel(NOW - 10_000, NOW)).toBe('now');
    expect(listLabel(at(2026, 11, 17), NOW)).toBe('Yesterday');
    expect(listLabel(at(2026, 11, 14), NOW)).toBe('Sat');
    expect(listLabel(at(2026, 2, 3), NOW)).toBe('Feb 3');
    expect(listLabel(at(2024, 2, 3), NOW)).toBe('Feb 3, 24');
  });
});

describe('isSameDay', () => {
  it('goes by the calendar, not by 24 hours', () => {
    expect(isSameDay(at(2026, 5, 1, 0, 0), at(2026, 5, 1, 23, 59))).toBe(true);
    expect(isSameDay(at(2026, 5, 1, 23, 59), at(2026, 5, 2, 0, 0))).toBe(false);
  });
});
