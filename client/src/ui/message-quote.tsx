import type { EntryId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { PersonName, You } from './name.tsx';
import { useRoom } from './room-context.tsx';

interface MessageQuoteProps {
  readonly id: EntryId;
  /** `null`: not among the messages that are here; a click fetches it. */
  readonly quoted: TimelineMessage | null;
}

export function MessageQuote({ id, quoted }: MessageQuoteProps) {
  const { personOf, jumpTo, userId } = useRoom();
  return (
    <button type="button" className="quote" onClick={() => jumpTo(id)}>
      <span className="quote-author truncate">
        {quoted === null ? (
          'Earlier message'
        ) : quoted.author === userId ? (
          <You />
        ) : (
          <PersonName person={personOf(quoted.author)} />
        )}
      </span>
      <span className="quote-text truncate">{quoted === null ? 'Show it' : <bdi>{quotedText(quoted)}</bdi>}</span>
    </button>
  );
}

/** One line of it. */
const quotedText = (message: TimelineMessage): string =>
  message.isDeleted ? 'Message deleted' : message.text.slice(0, 200).replace(/\s+/gu, ' ');
