import type { EntryId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { Fragment } from 'react';
import { TimeLabel } from '../kit/time-label.tsx';
import { useNow } from '../page/hooks/use-now.ts';
import { isPlainClick, useNavigation } from '../page/navigation.tsx';
import { Avatar } from '../people/avatar.tsx';
import { PersonName, You } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';
import { listLabel } from '../text/date-labels.ts';
import { excerptOf } from '../text/excerpt.ts';

interface SearchResultProps {
  readonly message: TimelineMessage;
  readonly query: string;
  readonly onPick: (id: EntryId) => void;
}

export function SearchResult({ message, query, onPick }: SearchResultProps) {
  const { handle, personOf, userId } = useRoom();
  const { hrefOf } = useNavigation();
  const now = useNow();
  const { id, author, text, shownAt } = message;
  const person = personOf(author);
  return (
    <a
      href={hrefOf(handle.id, id)}
      className="search-result"
      data-message-id={id}
      onClick={(event) => {
        if (!isPlainClick(event)) return;
        event.preventDefault();
        onPick(id);
      }}
    >
      <Avatar id={author} name={person.name} size="sm" hasLeft={person.hasLeft} />
      <span className="search-words">
        <span className="tablo-line">
          <span className="search-author truncate">{author === userId ? <You /> : <PersonName person={person} />}</span>
          <TimeLabel className="tablo-time" at={shownAt} label={listLabel(shownAt, now)} />
        </span>
        <span className="search-snippet" dir="auto">
          {excerptOf(text, query).map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts have nothing else, and never change places.
            <Fragment key={index}>{part.isMatch ? <mark>{part.text}</mark> : part.text}</Fragment>
          ))}
        </span>
      </span>
    </a>
  );
}
