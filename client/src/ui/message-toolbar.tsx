import type { TimelineMessage } from '@tablo/schema/timeline';
import { Ellipsis, Reply, SmilePlus } from 'lucide-react';
import { timeLabel } from './date-labels.ts';
import { useRoom } from './room-context.tsx';

interface MessageToolbarProps {
  readonly message: TimelineMessage;
  /** The first of a group has its time above already. */
  readonly showsTime: boolean;
}

/**
 * Beside the text of the hovered or focused message, in room that is kept free for it; it goes along inside a tall one. One at a time is in the page, not
 * one per message.
 */
export function MessageToolbar({ message, showsTime }: MessageToolbarProps) {
  const { openMenu, startReply, isWritable } = useRoom();
  const isSent = message.delivery.status === 'sent' && !message.isDeleted;
  return (
    <div className="toolbar-rail">
      <div className="toolbar">
        {showsTime && <bdi className="toolbar-time">{timeLabel(message.shownAt)}</bdi>}
        {isSent && isWritable && (
          <>
            <button
              type="button"
              className="toolbar-button toolbar-shortcut"
              aria-label="React"
              title="React"
              onClick={(event) => openMenu('emoji', message, event.currentTarget)}
            >
              <SmilePlus size={17} aria-hidden />
            </button>
            <button
              type="button"
              className="toolbar-button toolbar-shortcut"
              aria-label="Reply"
              title="Reply"
              onClick={() => startReply(message)}
            >
              <Reply className="points" size={17} aria-hidden />
            </button>
          </>
        )}
        {!message.isDeleted && (
          <button
            type="button"
            className="toolbar-button"
            aria-label="More"
            title="More"
            onClick={(event) => openMenu('actions', message, event.currentTarget)}
          >
            <Ellipsis size={17} aria-hidden />
          </button>
        )}
      </div>
    </div>
  );
}
