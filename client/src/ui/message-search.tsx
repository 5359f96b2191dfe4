import type { EntryId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { useEffect, useState } from 'react';
import { Avatar } from './avatar.tsx';
import { listLabel } from './date-labels.ts';
import { Dialog } from './dialog.tsx';
import { PersonName, You } from './name.tsx';
import { useRoom } from './room-context.tsx';
import { searchInRoom, snippetOf } from './search-in-room.ts';
import { useNow } from './use-now.ts';

/** Reading every stored message for each keystroke would be waste. */
const WAIT_MS = 180;
const MAX_SHOWN = 50;

type Found = { readonly query: string; readonly messages: readonly TimelineMessage[] };

export function MessageSearch({ onClose }: { readonly onClose: () => void }) {
  const { handle, jumpTo } = useRoom();
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<Found | null>(null);
  const wanted = query.trim();

  useEffect(() => {
    let isStale = false;
    const timer = setTimeout(async () => {
      const messages = wanted === '' ? [] : await searchInRoom(handle, wanted);
      if (!isStale) setFound(wanted === '' ? null : { query: wanted, messages });
    }, WAIT_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [handle, wanted]);

  const handlePick = (id: EntryId) => {
    onClose();
    jumpTo(id);
  };

  return (
    <Dialog title="Search this tablo" size="medium" onClose={onClose}>
      <input
        type="search"
        className="input"
        data-autofocus
        aria-label="Search in this tablo"
        placeholder="Words in the text"
        autoComplete="off"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <p className="hint search-count" aria-live="polite">
        <bdi>
          {found === null ? 'Searches what is on this device, also without a network.' : countSentence(found.messages)}
        </bdi>
      </p>
      <ul className="search-results">
        {found?.messages.slice(0, MAX_SHOWN).map((message) => (
          <li key={message.id}>
            <Result message={message} query={found.query} onPick={handlePick} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function countSentence(messages: readonly TimelineMessage[]): string {
  if (messages.length === 0) return 'Nothing found.';
  if (messages.length > MAX_SHOWN) return `${messages.length} messages; the newest ${MAX_SHOWN} are shown.`;
  return messages.length === 1 ? '1 message' : `${messages.length} messages`;
}

interface ResultProps {
  readonly message: TimelineMessage;
  readonly query: string;
  readonly onPick: (id: EntryId) => void;
}

function Result({ message, query, onPick }: ResultProps) {
  const { personOf, userId } = useRoom();
  const now = useNow();
  const author = personOf(message.author);
  const { before, match, after } = snippetOf(message.text, query);
  return (
    <button type="button" className="search-result" onClick={() => onPick(message.id)}>
      <Avatar id={message.author} name={author?.name ?? ''} size="sm" />
      <span className="search-words">
        <span className="tablo-line">
          <span className="search-author truncate">
            {message.author === userId ? <You /> : <PersonName person={author} />}
          </span>
          <bdi className="tablo-time">{listLabel(message.shownAt, now)}</bdi>
        </span>
        <span className="search-snippet" dir="auto">
          {before}
          {match !== '' && <mark>{match}</mark>}
          {after}
        </span>
      </span>
    </button>
  );
}
