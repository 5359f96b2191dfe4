import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDateLabels, fullDayLabel, isSameDay, setDateLocale } from './date-labels.ts';

afterEach(() => void vi.unstubAllEnvs());

const at = (...parts: [number, number, number, number?, number?]) =>
  new Date(parts[0], parts[1] - 1, parts[2], parts[3] ?? 12, parts[4] ?? 0).getTime();

/** Newer releases of ICU put a narrow space before "PM". */
const plain = (label: string): string => label.replaceAll('\u202F', ' ');

const NOW = at(2026, 11, 18, 9);
const { dayLabel, listLabel, sinceLabel, timeLabel } = createDateLabels('en-US');

describe('dayLabel', () => {
  it('dayLabel names days as people do', () => {
    expect(dayLabel(at(2026, 11, 18, 0, 1), NOW)).toBe('Today');
    expect(dayLabel(at(2026, 11, 17, 23, 59), NOW)).toBe('Yesterday');
    expect(dayLabel(at(2026, 11, 13), NOW)).toBe('Friday');
    expect(dayLabel(at(2026, 11, 11), NOW)).toBe('Wed, November 11');
    expect(dayLabel(at(2025, 12, 24), NOW)).toBe('December 24, 2025');
  });

  it('dayLabel does not call a wrong clock’s tomorrow a weekday of the past', () => {
    expect(dayLabel(at(2026, 11, 19), NOW)).toBe('Thu, November 19');
  });
});

describe('sinceLabel', () => {
  it('sinceLabel goes on in a sentence', () => {
    const since = (...parts: Parameters<typeof at>) => sinceLabel(at(...parts), NOW);
    const noon = timeLabel(at(2026, 11, 1));
    expect(since(2026, 11, 18, 0, 1)).toBe(timeLabel(at(2026, 11, 18, 0, 1)));
    expect(since(2026, 11, 17)).toBe(`yesterday ${noon}`);
    expect(since(2026, 11, 13)).toBe(`Friday ${noon}`);
    expect(since(2026, 11, 2)).toBe(`November 2, ${noon}`);
    expect(since(2026, 11, 19)).toBe(noon);
  });
});

describe('listLabel', () => {
  it('listLabel is short', () => {
    expect(listLabel(NOW - 10_000, NOW)).toBe('now');
    expect(listLabel(at(2026, 11, 17), NOW)).toBe('Yesterday');
    expect(listLabel(at(2026, 11, 14), NOW)).toBe('Sat');
    expect(listLabel(at(2026, 2, 3), NOW)).toBe('Feb 3');
    expect(listLabel(at(2024, 2, 3), NOW)).toBe('Feb 3, 24');
  });
});

describe('isSameDay', () => {
  it('isSameDay goes by the calendar, not by 24 hours', () => {
    expect(isSameDay(at(2026, 5, 1, 0, 0), at(2026, 5, 1, 23, 59))).toBe(true);
    expect(isSameDay(at(2026, 5, 1, 23, 59), at(2026, 5, 2, 0, 0))).toBe(false);
  });
});

describe('writtenLabel', () => {
  const written = (writtenAt: number, shownAt: number, now = shownAt, locale = 'en-GB') =>
    plain(createDateLabels(locale).writtenLabel(writtenAt, shownAt, now));

  it('writtenLabel is the time alone, where it is shown under the same day, however long ago that is', () => {
    expect(written(at(2026, 11, 18, 8, 3), NOW)).toBe('08:03');
    expect(written(at(2026, 3, 2, 14, 3), at(2026, 3, 2, 18), NOW)).toBe('14:03');
  });

  it('writtenLabel names the day within a week, the date beyond, and the year where it is another one', () => {
    expect(written(at(2026, 11, 17, 23, 59), at(2026, 11, 18, 0, 1))).toBe('Tuesday 23:59');
    expect(written(at(2026, 11, 12, 14, 3), NOW)).toBe('Thursday 14:03');
    expect(written(at(2026, 11, 11, 14, 3), NOW)).toBe('11 November, 14:03');
    expect(written(at(2025, 12, 31, 23, 0), at(2026, 1, 9, 9))).toBe('31 December 2025, 23:00');
    expect(written(at(2026, 11, 11, 14, 3), NOW, NOW, 'en-US')).toBe('November 11, 2:03 PM');
  });

  it('writtenLabel goes by the reader’s today, not by the day of delivery', () => {
    expect(written(at(2026, 3, 6, 14, 3), at(2026, 3, 8, 9), NOW)).toBe('6 March, 14:03');
  });

  it('writtenLabel gives the date where the reader’s clock is behind', () => {
    expect(written(at(2026, 11, 16, 14, 3), NOW, at(2026, 11, 10))).toBe('16 November, 14:03');
  });

  it.each([
    // One moment, two days: late in Berlin is the day before in New York.
    ['Europe/Berlin', Date.UTC(2026, 10, 17, 23, 30), Date.UTC(2026, 10, 18, 8), '00:30'],
    ['America/New_York', Date.UTC(2026, 10, 17, 23, 30), Date.UTC(2026, 10, 18, 8), 'Tuesday 18:30'],
    ['Pacific/Kiritimati', Date.UTC(2026, 10, 18, 9, 59), Date.UTC(2026, 10, 18, 10, 1), 'Wednesday 23:59'],
    // The clocks go back, and forward: days of 25 and of 23 hours.
    ['Europe/Berlin', Date.UTC(2026, 9, 24, 22, 30), Date.UTC(2026, 9, 25, 22, 30), '00:30'],
    ['Europe/Berlin', Date.UTC(2026, 9, 18, 22, 30), Date.UTC(2026, 9, 25, 22, 30), 'Monday 00:30'],
    ['Europe/Berlin', Date.UTC(2026, 2, 28, 23, 30), Date.UTC(2026, 2, 29, 21, 30), '00:30'],
    ['Europe/Berlin', Date.UTC(2026, 2, 28, 22, 30), Date.UTC(2026, 2, 29, 21, 30), 'Saturday 23:30'],
    ['Europe/Berlin', Date.UTC(2026, 2, 23, 12), Date.UTC(2026, 2, 30, 12), '23 March, 13:00'],
    ['Europe/Berlin', Date.UTC(2026, 9, 20, 12), Date.UTC(2026, 9, 26, 12), 'Tuesday 14:00'],
    ['America/Sao_Paulo', Date.UTC(2018, 10, 3, 12), Date.UTC(2018, 10, 4, 12), 'Saturday 09:00'],
  ])('writtenLabel holds at the borders of days in %s (%d)', (zone, writtenAt, shownAt, label) => {
    vi.stubEnv('TZ', zone);
    expect(written(writtenAt, shownAt)).toBe(label);
  });
});

describe('sinceDayLabel', () => {
  it('sinceDayLabel is a time of today, else a day', () => {
    const { sinceDayLabel } = createDateLabels('en-GB');
    expect(sinceDayLabel(at(2026, 11, 18, 7, 5), NOW)).toBe('07:05');
    expect(sinceDayLabel(at(2026, 5, 3), NOW)).toBe('3 May');
    expect(sinceDayLabel(at(2024, 5, 3), NOW)).toBe('3 May 2024');
  });
});

describe('all that has a time', () => {
  it.each(['en-GB', 'en-US', 'de-DE', 'fr-FR', 'ja-JP', 'en-AU', 'fi-FI', 'ko-KR'])(
    'counts the hours alike in %s',
    (locale) => {
      const labels = createDateLabels(locale);
      for (const moment of [at(2026, 11, 3, 14, 11), at(2026, 11, 3, 8, 3)]) {
        const time = labels.timeLabel(moment);
        expect(labels.fullLabel(moment)).toContain(time);
        expect(labels.writtenLabel(moment, NOW, NOW)).toContain(time);
      }
    },
  );
});

describe('the locale of a host application', () => {
  afterEach(() => setDateLocale(undefined));

  it('the locale of a host application is that of all labels from then on; one that is none is refused, and changes nothing', () => {
    const at = new Date(2026, 10, 29, 12).getTime();
    setDateLocale('de-DE');
    expect(fullDayLabel(at)).toBe('Sonntag, 29. November 2026');
    expect(() => setDateLocale('no locale')).toThrow(RangeError);
    expect(fullDayLabel(at)).toContain('Sonntag');
  });
});
