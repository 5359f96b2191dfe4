import { memo, useMemo } from 'react';
import { linkify } from './linkify.ts';

/** Text and addresses as React text nodes: what people write can never become markup. */
export const MessageText = memo(function MessageText({ text }: { readonly text: string }) {
  const pieces = useMemo(() => linkify(text), [text]);
  return (
    <span className="message-text" dir="auto">
      {pieces.map((piece, index) =>
        piece.type === 'text' ? (
          piece.text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never move.
          <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer">
            {piece.text}
          </a>
        ),
      )}
    </span>
  );
});
