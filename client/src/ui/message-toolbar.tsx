import type { TimelineMessage } from '@tablo/schema/timeline';
import { Ellipsis, Reply, SmilePlus } from 'lucide-react';
import { timeLabel } from './date-labels.ts';
import { useRoom } from './room-context.tsx';

interface MessageToolbarProps {
  readonly message: TimelineMessage;
  /** The first of a group has its time above already. */
  readonly showsTime: boolean;
}

/** Beside the hovered or focused message. One at a time is in the page, not one per message. */
export function MessageToolbar({ message, showsTime }: MessageToolbarProps) {
  const { openMenu, startReply, isWritable } = useRoom();
  const isSent = message.delivery.status === 'sent' && !message.isDeleted;
  return (
    <div className="toolbar">
      {showsTime && <span className="toolbar-time">{timeLabel(message.shownAt)}</span>}
      {isSent && isWritable && (
        <>
          <button
            type="button"
            className="toolbar-button"
            aria-label="React"
            title="React"
            onClick={(event) => openMenu('emoji', message, event.currentTarget)}
          >
            <SmilePlus size={17} aria-hidden />
          </button>
          <button
            type="button"
            className="toolbar-button"
            aria-label="Reply"
            title="Reply"
            onClick={() => startReply(message)}
          >
            <Reply size={17} aria-hidden />
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
  );
}
