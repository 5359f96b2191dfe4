/**
 * Times as people say them, all in one locale, the browser's: a page must not show "14:11" beside "2:11 PM". Whatever has a time
 * has it from one format, so that all count the hours alike. `now` is passed in, so that tests need no clock; days are those of this device's time zone.
 */

const DAY_MS = 86_400_000;

/** `locale` absent: the browser's. Formats take the time zone that stands when they are made. */
export function createDateLabels(locale?: string) {
  const format = (options: Intl.DateTimeFormatOptions): ((at: number) => string) => {
    const formatter = new Intl.DateTimeFormat(locale, options);
    return (at) => formatter.format(at);
  };
  const timeLabel = format({ timeStyle: 'short' });
  const dated = format({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  const fullDayLabel = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const weekday = format({ weekday: 'long' });
  const shortWeekday = format({ weekday: 'short' });
  const day = format({ day: 'numeric', month: 'long' });
  const dayAndYear = format({ day: 'numeric', month: 'long', year: 'numeric' });
  const dayOfYear = format({ weekday: 'short', day: 'numeric', month: 'long' });
  const shortDay = format({ day: 'numeric', month: 'short' });
  const shortDayAndYear = format({ day: 'numeric', month: 'short', year: '2-digit' });

  /** The day alone, with the year where it is another one. */
  const dateLabel = (at: number, now: number): string => (isSameYear(at, now) ? day : dayAndYear)(at);

  return {
    timeLabel,
    /** All of it, for whoever asks. */
    fullLabel: (at: number): string => `${dated(at)}, ${timeLabel(at)}`,
    fullDayLabel,

    /** For a separator in the conversation. */
    dayLabel(at: number, now: number): string {
      const days = daysBetween(at, now);
      if (days === 0) return 'Today';
      if (days === 1) return 'Yesterday';
      if (days > 1 && days < 7) return weekday(at);
      return isSameYear(at, now) ? dayOfYear(at) : dayAndYear(at);
    },

    /** For the list of tablos: as short as can be. */
    listLabel(at: number, now: number): string {
      const days = daysBetween(at, now);
      if (days <= 0) return now - at < 60_000 ? 'now' : timeLabel(at);
      if (days === 1) return 'Yesterday';
      if (days < 7) return shortWeekday(at);
      return (isSameYear(at, now) ? shortDay : shortDayAndYear)(at);
    },

    /** When something was written that stands under another time, `shownAt`: so that a message of Friday is not taken for one of this morning. */
    writtenLabel(at: number, shownAt: number, now: number): string {
      if (isSameDay(at, shownAt)) return timeLabel(at);
      const days = daysBetween(at, now);
      // Seven days ago has today's name.
      if (days >= 0 && days < 7) return `${weekday(at)} ${timeLabel(at)}`;
      return `${dateLabel(at, now)}, ${timeLabel(at)}`;
    },

    /** After "since": a time of today, else a day. */
    sinceDayLabel: (at: number, now: number): string => (isSameDay(at, now) ? timeLabel(at) : dateLabel(at, now)),

    /** After "since": the moment. */
    sinceLabel(at: number, now: number): string {
      const days = daysBetween(at, now);
      if (days <= 0) return timeLabel(at);
      const name = days === 1 ? 'yesterday' : days < 7 ? weekday(at) : dateLabel(at, now);
      return `${name}${days < 7 ? ' ' : ', '}${timeLabel(at)}`;
    },
  };
}

const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
/** Whole days between two moments by the calendar; rounding absorbs the hour of a clock change. */
const daysBetween = (from: number, to: number): number => Math.round((startOfDay(to) - startOfDay(from)) / DAY_MS);
const isSameYear = (left: number, right: number): boolean =>
  new Date(left).getFullYear() === new Date(right).getFullYear();

export const isSameDay = (left: number, right: number): boolean => startOfDay(left) === startOfDay(right);

type DateLabels = ReturnType<typeof createDateLabels>;
let labels = createDateLabels();
let labelsLocale: string | undefined;

/** Of all labels from now on: a host application may have a language of its own. Throws `RangeError` for what is none. */
export function setDateLocale(locale: string | undefined): void {
  if (locale === labelsLocale) return;
  labels = createDateLabels(locale);
  labelsLocale = locale;
}

export const timeLabel: DateLabels['timeLabel'] = (at) => labels.timeLabel(at);
export const fullLabel: DateLabels['fullLabel'] = (at) => labels.fullLabel(at);
export const fullDayLabel: DateLabels['fullDayLabel'] = (at) => labels.fullDayLabel(at);
export const dayLabel: DateLabels['dayLabel'] = (...of) => labels.dayLabel(...of);
export const listLabel: DateLabels['listLabel'] = (...of) => labels.listLabel(...of);
export const writtenLabel: DateLabels['writtenLabel'] = (...of) => labels.writtenLabel(...of);
export const sinceLabel: DateLabels['sinceLabel'] = (...of) => labels.sinceLabel(...of);
export const sinceDayLabel: DateLabels['sinceDayLabel'] = (...of) => labels.sinceDayLabel(...of);
