import type { EntryId } from '@tablo/schema/ids';
import { useSyncExternalStore } from 'react';
import type { KnownMessage, RoomHandle } from '../../chat/chat.ts';
import { useToaster } from '../kit/toasts.tsx';
import { PersonName, You } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';

/** The message that an answer refers to: a link to it, unless it is deleted. */
export function MessageQuote({ id }: { readonly id: EntryId }) {
  const { handle, personOf, jumpTo, userId } = useRoom();
  const { attempt, say } = useToaster();
  const quoted = useKnown(handle, id);

  if (quoted === 'deleted' || quoted?.isDeleted === true)
    return (
      <div className="quote quote-gone">
        <span className="quote-text truncate">Message deleted</span>
      </div>
    );

  /** It may be deleted, or far up: one request finds out, before any page is fetched for it. */
  const findIt = async () => {
    if ((await handle.lookUp(id)) === 'deleted') say('This message has been deleted.');
    else jumpTo(id);
  };

  if (quoted === null)
    return (
      <button type="button" tabIndex={-1} className="quote" onClick={() => attempt(findIt())}>
        <span className="quote-author truncate">Earlier message</span>
        <span className="quote-text truncate">Show it</span>
      </button>
    );

  return (
    <button type="button" tabIndex={-1} className="quote" onClick={() => jumpTo(id)}>
      <span className="quote-author truncate">
        {quoted.author === userId ? <You /> : <PersonName person={personOf(quoted.author)} />}
      </span>
      <span className="quote-text truncate">
        <bdi>{quoted.text.slice(0, 200).replace(/\s+/gu, ' ')}</bdi>
      </span>
    </button>
  );
}

/** As it is now: also when it is changed or deleted far outside of what is shown. */
function useKnown(handle: RoomHandle, id: EntryId): KnownMessage {
  const read = () => handle.known(id);
  return useSyncExternalStore(handle.view.subscribe, read, read);
}
