import type { TimelineMessage } from '@tablo/schema/timeline';
import { Plus } from 'lucide-react';
import { useId, useState } from 'react';
import { useRoom } from '../people/room-context.tsx';
import { MORE_EMOJI, QUICK_EMOJI } from '../text/emoji.ts';

interface EmojiChoiceProps {
  readonly message: TimelineMessage;
  /** From the start, without *More emoji*. */
  readonly showsAll: boolean;
  /** `on`: to be added; otherwise it is taken back. */
  readonly onChoose: (emoji: string, on: boolean) => void;
}

/** Items of a menu, side by side. Each is called by its emoji alone; that it is chosen already describes it. */
export function EmojiChoice({ message, showsAll: startsWithAll, onChoose }: EmojiChoiceProps) {
  const { userId } = useRoom();
  const [showsAll, setShowsAll] = useState(startsWithAll);
  const ownId = useId();
  const own = new Set(message.reactions.flatMap(({ emoji, users }) => (users.includes(userId) ? [emoji] : [])));

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; this groups items of a menu.
    <div role="group" aria-label="Reactions" className={showsAll ? 'emoji-grid' : 'emoji-row'}>
      {[...QUICK_EMOJI, ...(showsAll ? MORE_EMOJI : [])].map((emoji) => {
        const isOwn = own.has(emoji);
        return (
          <button
            key={emoji}
            type="button"
            role="menuitem"
            tabIndex={-1}
            className={`emoji-button ${isOwn ? 'emoji-own' : ''}`}
            aria-describedby={isOwn ? ownId : undefined}
            onClick={() => onChoose(emoji, !isOwn)}
          >
            {emoji}
          </button>
        );
      })}
      {!showsAll && (
        // The focus keeper puts the focus on what comes in its place.
        <button
          type="button"
          role="menuitem"
          tabIndex={-1}
          className="emoji-button emoji-more"
          aria-label="More emoji"
          onClick={() => setShowsAll(true)}
        >
          <Plus size={18} aria-hidden />
        </button>
      )}
      <span id={ownId} hidden>
        Your reaction: chosen again, it is taken back.
      </span>
    </div>
  );
}
