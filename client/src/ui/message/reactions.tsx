import type { TimelineMessage } from '@tablo/schema/timeline';
import { SmilePlus } from 'lucide-react';
import { useToaster } from '../kit/toasts.tsx';
import { useRoom } from '../people/room-context.tsx';
import { whoReactedWith } from './who-reacted.tsx';

export function Reactions({ message }: { readonly message: TimelineMessage }) {
  const room = useRoom();
  const { handle, userId, isWritable, openMenu } = room;
  const { attempt } = useToaster();
  return (
    <div className="reactions">
      {message.reactions.map((reaction) => {
        const { emoji, users } = reaction;
        const isMine = users.includes(userId);
        const who = whoReactedWith(reaction, room);
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
