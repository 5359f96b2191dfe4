import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useReadable } from '../../hooks/use-readable.ts';
import { spokenName } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';
import { announcementOf, type Spoken } from './announcements.ts';
import { Arrivals } from './arrivals.ts';

/** Messages that arrive within this time are announced together. */
const GATHER_MS = 250;
/** The announcement is removed after this time: a reader who goes through the page line by line should not find every message twice. */
const KEPT_MS = 10_000;

interface Announcement {
  readonly nth: number;
  readonly lines: readonly string[];
}

/**
 * The one place that announces a new message of somebody else, as "Grace: See you at ten", and nothing else. The log itself is not live: most of what is added to it
 * is not new, and a row has tools and states that should not be read aloud.
 */
export function Announcer({ log }: { readonly log: RefObject<HTMLElement | null> }) {
  const { handle, userId, personOf } = useRoom();
  const view = useReadable(handle.view);
  const [arrivals] = useState(() => new Arrivals(userId));
  const [announcement, setAnnouncement] = useState<Announcement>({ nth: 0, lines: [] });
  const gathered = useRef<Spoken[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => () => clearTimeout(timer.current), []);

  // In the same change of the page as the message itself.
  useLayoutEffect(() => {
    const arrived = arrivals.take(view);
    if (arrived.length === 0) return;
    markLive(log.current);
    const speak = (lines: readonly string[]) => setAnnouncement(({ nth }) => ({ nth: nth + 1, lines }));
    const isGathering = gathered.current.length > 0;
    gathered.current.push(...arrived.map(({ author, text }) => ({ author: spokenName(personOf(author)), text })));
    if (isGathering) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      speak(announcementOf(gathered.current.splice(0)));
      timer.current = setTimeout(() => speak([]), KEPT_MS);
    }, GATHER_MS);
  }, [view, arrivals, log, personOf]);

  return (
    <div className="hidden-visually" aria-live="polite">
      {/* The same words twice are two announcements. */}
      <div key={announcement.nth}>
        {announcement.lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one announcement never move.
          <p key={index}>{line}</p>
        ))}
      </div>
    </div>
  );
}

/**
 * This is how programs that watch the page recognise a new message among all changes of the log: in that very change, and in no other, the log is
 * live. Screen readers do not come to see it, so that nothing is spoken twice: they look at the page when the change is over.
 */
function markLive(log: HTMLElement | null): void {
  log?.setAttribute('aria-live', 'polite');
  queueMicrotask(() => log?.setAttribute('aria-live', 'off'));
}
