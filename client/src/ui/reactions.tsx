import type { TimelineMessage } from '@tablo/schema/timeline';
import { SmilePlus } from 'lucide-react';
import { spokenName } from './name.tsx';
import { whoReacted } from './phrases.ts';
import { useRoom } from './room-context.tsx';
import { useToaster } from './toasts.tsx';

export function Reactions({ message }: { readonly message: TimelineMessage }) {
  const { handle, userId, personOf, isWritable, openMenu } = useRoom();
  const { attempt } = useToaster();
  return (
    <div className="reactions">
      {message.reactions.map(({ emoji, users }) => {
        const isMine = users.includes(userId);
        const who = whoReacted(
          users.filter((user) => user !== userId).map((user) => spokenName(personOf(user))),
          isMine,
          emoji,
        );
        return (
          <button
            key={emoji}
            type="button"
            tabIndex={-1}
            className="reaction"
            aria-pressed={isMine}
            // With the number, since it is what one sees.
            aria-label={`${who}, ${users.length}`}
            title={who}
            disabled={!isWritable}
            onClick={() => attempt(handle.react(message.id, emoji, !isMine))}
          >
            <bdi className="reaction-emoji">{emoji}</bdi>
            <bdi className="reaction-count">{users.length}</bdi>
          </button>
        );
      })}
      {isWritable && (
        <button
          type="button"
          tabIndex={-1}
          className="reaction reaction-add"
          aria-label="Add a reaction"
          aria-haspopup="menu"
          aria-expanded={false}
          onClick={(event) => openMenu('emoji', message, event.currentTarget)}
        >
          <SmilePlus size={15} aria-hidden />
        </button>
      )}
    </div>
  );
}
