import { type MouseEvent, memo, useMemo, useState } from 'react';
import { linkify } from '../text/linkify.ts';

/** Longer than this is folded: one pasted log must not push everything else away. */
const FOLDED_FROM_UNITS = 1_800;
const FOLDED_FROM_LINES = 24;

function isLong(text: string): boolean {
  return text.length > FOLDED_FROM_UNITS || text.split('\n').length > FOLDED_FROM_LINES;
}

/** A folded message is short: a reader at its end is moved to its beginning. */
function showBeginning(message: Element | null): void {
  const log = message?.closest('[role="log"]') ?? null;
  if (message === null || log === null) return;
  const isAbove = message.getBoundingClientRect().top < log.getBoundingClientRect().top;
  if (isAbove) message.scrollIntoView({ block: 'start' });
}

/** Text and addresses as React text nodes: what people write can never become markup. */
export const MessageText = memo(function MessageText({ id, text }: { readonly id: string; readonly text: string }) {
  const pieces = useMemo(() => linkify(text), [text]);
  const [isOpen, setIsOpen] = useState(false);
  const isFoldable = isLong(text);

  const handleFold = ({ currentTarget }: MouseEvent) => {
    if (isOpen) showBeginning(currentTarget.closest('[data-message-id]'));
    setIsOpen(!isOpen);
  };

  return (
    <>
      <span id={id} className={`message-text ${isFoldable && !isOpen ? 'message-text-folded' : ''}`} dir="auto">
        {pieces.map((piece, index) =>
          piece.type === 'text' ? (
            piece.text
          ) : (
            <a
              // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never move.
              key={index}
              href={piece.href}
              tabIndex={-1}
              // A mail program is no page: nothing would ever be in the new tab.
              {...(piece.href.startsWith('mailto:') ? {} : { target: '_blank', rel: 'noopener noreferrer' })}
            >
              {piece.text}
            </a>
          ),
        )}
      </span>
      {isFoldable && (
        <button
          type="button"
          tabIndex={-1}
          className="link-button message-fold"
          aria-expanded={isOpen}
          onClick={handleFold}
        >
          {isOpen ? 'Show less' : 'Show all'}
        </button>
      )}
    </>
  );
});
