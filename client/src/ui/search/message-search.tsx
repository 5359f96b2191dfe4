import type { EntryId } from '@tablo/schema/ids';
import { type KeyboardEvent, useState } from 'react';
import { Dialog } from '../dialog/dialog.tsx';
import { useNow } from '../page/hooks/use-now.ts';
import { useRoom } from '../people/room-context.tsx';
import { answerSentence } from '../text/search-sentences.ts';
import { SearchOlder } from './search-older.tsx';
import { SearchResult } from './search-result.tsx';
import { useSearch } from './use-search.ts';

/** Results that are shown at first, and with every *Show more*: hidden results cost nothing. */
const STEP = 50;

export function MessageSearch({ onClose }: { readonly onClose: () => void }) {
  const { handle, jumpTo } = useRoom();
  const [words, setWords] = useState('');
  const [most, setMost] = useState(STEP);
  const now = useNow();
  const search = useSearch(handle, words.trim());
  const { answer, query } = search;
  const messages = answer?.messages ?? [];

  const handlePick = (id: EntryId) => {
    onClose();
    jumpTo(id);
  };

  return (
    <Dialog title="Search this tablo" size="medium" onClose={onClose}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys only move the focus among what takes it. */}
      <div className="search" onKeyDown={handleSearchKeys}>
        <input
          type="search"
          className="input"
          data-autofocus
          aria-label="Search messages"
          placeholder="Words in the text"
          autoComplete="off"
          enterKeyHint="search"
          value={words}
          onChange={(event) => {
            setWords(event.target.value);
            setMost(STEP);
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
            // The browser would only empty the field at the first one.
            event.preventDefault();
            onClose();
          }}
        />
        <p className="hint search-count" aria-live="polite">
          <bdi>
            {answer === null ? 'Searches what is on this device, also without a network.' : answerSentence(answer, now)}
          </bdi>
        </p>
        <ul className="search-results">
          {messages.slice(0, most).map((message) => (
            <li key={message.id}>
              <SearchResult message={message} query={query} onPick={handlePick} />
            </li>
          ))}
        </ul>
        {messages.length > most && (
          <button type="button" className="button button-plain search-more" onClick={() => setMost(most + STEP)}>
            Show more
          </button>
        )}
        {answer !== null && <SearchOlder search={search} isWhole={answer.reach.isWhole} />}
      </div>
    </Dialog>
  );
}

/** Up and down between the field and the results; Enter in the field goes to the first of them, where it opens it. */
function handleSearchKeys(event: KeyboardEvent<HTMLElement>): void {
  const goesDown = event.key === 'ArrowDown' || (event.key === 'Enter' && event.target instanceof HTMLInputElement);
  const step = goesDown ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0 || event.altKey || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing) return;
  const places = [...event.currentTarget.querySelectorAll<HTMLElement>('input, [data-message-id]')];
  const next = places[places.indexOf(event.target as HTMLElement) + step];
  if (!places.includes(event.target as HTMLElement) || next === undefined) return;
  event.preventDefault();
  next.focus();
}
