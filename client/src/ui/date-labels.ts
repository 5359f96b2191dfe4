/** Times as people say them. `now` is passed in, so that tests need no clock. */

const DAY_MS = 86_400_000;

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat('en', { weekday: 'long' });
const shortWeekday = new Intl.DateTimeFormat('en', { weekday: 'short' });
const dayOfYear = new Intl.DateTimeFormat('en', { weekday: 'short', day: 'numeric', month: 'long' });
const fullDay = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'long', year: 'numeric' });
const shortDay = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const shortDayAndYear = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: '2-digit' });
const full = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
/** Whole days between two moments by the calendar; rounding absorbs the hour of a clock change. */
const daysBetween = (from: number, to: number): number => Math.round((startOfDay(to) - startOfDay(from)) / DAY_MS);

export const isSameDay = (left: number, right: number): boolean => startOfDay(left) === startOfDay(right);
export const timeLabel = (at: number): string => time.format(at);
export const fullLabel = (at: number): string => full.format(at);

/** For a separator in the conversation. */
export function dayLabel(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  if (days > 1 && days < 7) return weekday.format(at);
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? dayOfYear.format(at) : fullDay.format(at);
}

/** For the list of tablos: as short as can be. */
export function listLabel(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days <= 0) return now - at < 60_000 ? 'now' : timeLabel(at);
  if (days === 1) return 'Yesterday';
  if (days < 7) return shortWeekday.format(at);
  return (new Date(at).getFullYear() === new Date(now).getFullYear() ? shortDay : shortDayAndYear).format(at);
}
