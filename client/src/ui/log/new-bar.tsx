import { ArrowDown, ArrowUp } from 'lucide-react';
import { useNow } from '../page/hooks/use-now.ts';
import { sinceLabel } from '../text/date-labels.ts';
import { newSentence } from '../text/phrases.ts';

interface NewBarProps {
  readonly count: number;
  /** When the first of them was written, ms since the Unix epoch; `null`: not known. */
  readonly since: number | null;
  /** The first of them stands further down. */
  readonly isBelow: boolean;
  readonly onJump: () => void;
  readonly onRead: () => void;
}

/** Over the log, for as long as the reader has not come from the first new message to the last. */
export function NewBar({ count, since, isBelow, onJump, onRead }: NewBarProps) {
  const now = useNow();
  const Arrow = isBelow ? ArrowDown : ArrowUp;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset belongs to a form.
    <div className="new-bar" role="group" aria-label="Unread messages">
      <bdi className="new-bar-words">{newSentence(count, since === null ? null : sinceLabel(since, now))}</bdi>
      <button type="button" className="new-bar-button" onClick={onJump}>
        <Arrow size={16} aria-hidden /> Jump
      </button>
      <button type="button" className="new-bar-button" onClick={onRead}>
        Mark as read
      </button>
    </div>
  );
}
