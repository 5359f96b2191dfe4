import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useReadable } from '../../hooks/use-readable.ts';
import { spokenName } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';
import { announcementOf, type Spoken } from './announcements.ts';
import { Arrivals } from './arrivals.ts';

/** Messages that arrive within this time are announced together. */
const GATHER_MS = 250;
/** Then it is gone again: who reads the page line by line should not find every message twice. */
const KEPT_MS = 10_000;

interface Announcement {
  readonly nth: number;
  readonly lines: readonly string[];
}

/**
 * The one place that says a new message of somebody else aloud, as "Grace: See you at ten", and nothing else. The log itself is silent: of what is put into it most
 * is not new, and a row has tools and states that should not be read aloud.
 */
export function Announcer({ log }: { readonly log: RefObject<HTMLElement | null> }) {
  const { handle, userId, personOf } = useRoom();
  const view = useReadable(handle.view);
  const [arrivals] = useState(() => new Arrivals(userId));
  const [said, setSaid] = useState<Announcement>({ nth: 0, lines: [] });
  const gathered = useRef<Spoken[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => () => clearTimeout(timer.current), []);

  // In the same change of the page as the message itself.
  useLayoutEffect(() => {
    const arrived = arrivals.take(view);
    if (arrived.length === 0) return;
    markLive(log.current);
    const speak = (lines: readonly string[]) => setSaid(({ nth }) => ({ nth: nth + 1, lines }));
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
      <div key={said.nth}>
        {said.lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one announcement never move.
          <p key={index}>{line}</p>
        ))}
      </div>
    </div>
  );
}

/**
 * Programs that watch the page's changes tell a new message from all else that is put into the log by this: in that very change, and in no other, the log is
 * live. Screen readers do not come to see it, so that nothing is spoken twice: they look at the page when the change is over.
 */
function markLive(log: HTMLElement | null): void {
  log?.setAttribute('aria-live', 'polite');
  queueMicrotask(() => log?.setAttribute('aria-live', 'off'));
}
