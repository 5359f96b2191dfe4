import { canModerate } from '@tablo/schema/roles';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { Copy, Pencil, Plus, Reply, RotateCcw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { copyText } from './copy-text.ts';
import { fullLabel } from './date-labels.ts';
import { MORE_EMOJI, QUICK_EMOJI } from './emoji.ts';
import { useIsNarrow } from './media.ts';
import { Popover } from './popover.tsx';
import { type MessageMenuKind, useRoom } from './room-context.tsx';
import { useToaster } from './toasts.tsx';

interface MessageMenuProps {
  readonly kind: MessageMenuKind;
  readonly message: TimelineMessage;
  readonly anchor: HTMLElement;
  readonly onClose: () => void;
}

/** What can be done with one message: a menu beside it, or a sheet at the bottom of a phone. */
export function MessageMenu({ kind, message, anchor, onClose }: MessageMenuProps) {
  const room = useRoom();
  const { attempt, say } = useToaster();
  const isNarrow = useIsNarrow();
  const [showsAll, setShowsAll] = useState(kind === 'emoji');
  const isOwn = message.author === room.userId;
  const { status } = message.delivery;
  const canReact = status === 'sent' && !message.isDeleted && room.isWritable;

  /** Closes first, so that the focus can go where the command puts it. */
  const item = (command: () => void) => () => {
    onClose();
    command();
  };

  return (
    <Popover
      label="What to do with this message"
      anchor={anchor}
      align={isOwn ? 'end' : 'start'}
      isSheet={isNarrow}
      className="menu message-menu"
      onClose={onClose}
    >
      {canReact && (
        <div className={showsAll ? 'emoji-grid' : 'emoji-row'}>
          {[...QUICK_EMOJI, ...(showsAll ? MORE_EMOJI : [])].map((emoji) => (
            <button
              key={emoji}
              type="button"
              className="emoji-button"
              aria-pressed={hasReacted(message, emoji, room.userId)}
              onClick={item(() =>
                attempt(room.handle.react(message.id, emoji, !hasReacted(message, emoji, room.userId))),
              )}
            >
              {emoji}
            </button>
          ))}
          {!showsAll && (
            <button
              type="button"
              className="emoji-button emoji-more"
              aria-label="More emoji"
              onClick={() => setShowsAll(true)}
            >
              <Plus size={18} aria-hidden />
            </button>
          )}
        </div>
      )}
      {kind === 'actions' && !message.isDeleted && (
        <>
          {canReact && <hr className="menu-line" />}
          {status === 'sent' && room.isWritable && (
            <button type="button" className="menu-item" onClick={item(() => room.startReply(message))}>
              <Reply className="points" size={16} aria-hidden /> Reply
            </button>
          )}
          {isOwn && room.isWritable && (
            <button type="button" className="menu-item" onClick={item(() => room.startEdit(message))}>
              <Pencil size={16} aria-hidden /> Edit
            </button>
          )}
          <button
            type="button"
            className="menu-item"
            onClick={item(() => attempt(copyText(message.text).then(() => say('Copied.'))))}
          >
            <Copy size={16} aria-hidden /> Copy text
          </button>
          {status === 'refused' && (
            <button type="button" className="menu-item" onClick={item(() => attempt(room.handle.retry(message.id)))}>
              <RotateCcw size={16} aria-hidden /> Retry
            </button>
          )}
          {room.isWritable && (isOwn || canModerate(room.role)) && (
            <button
              type="button"
              className="menu-item menu-item-danger"
              onClick={item(() =>
                status === 'sent' ? room.askDelete(message) : attempt(room.handle.remove(message.id)),
              )}
            >
              <Trash2 size={16} aria-hidden />
              {status === 'sent' ? 'Delete' : status === 'pending' ? 'Do not deliver' : 'Discard'}
            </button>
          )}
          <p className="menu-note">{fullLabel(message.shownAt)}</p>
        </>
      )}
    </Popover>
  );
}

function hasReacted(message: TimelineMessage, emoji: string, user: string): boolean {
  return message.reactions.some((group) => group.emoji === emoji && group.users.some((one) => one === user));
}
