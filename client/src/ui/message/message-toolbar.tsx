import type { TimelineMessage } from '@tablo/schema/timeline';
import { Ellipsis, Reply, SmilePlus } from 'lucide-react';
import { useRoom } from '../people/room-context.tsx';
import { fullLabel, timeLabel } from '../text/date-labels.ts';
import { allowedCommands } from './allowed-commands.ts';

interface MessageToolbarProps {
  readonly message: TimelineMessage;
  /** The first of a group has its time above already. */
  readonly showsTime: boolean;
}

/**
 * Beside the text of the message that is pointed at, tapped or focused, in room that is kept free for it; it goes along inside a tall one. One at a time is
 * in the page, not one per message.
 */
export function MessageToolbar({ message, showsTime }: MessageToolbarProps) {
  const room = useRoom();
  const { openMenu, startReply } = room;
  const allowed = allowedCommands(message, room);
  return (
    <div className="toolbar-rail">
      <div className="toolbar">
        {showsTime && (
          <bdi className="toolbar-time" title={fullLabel(message.shownAt)} aria-hidden>
            {timeLabel(message.shownAt)}
          </bdi>
        )}
        {allowed.react && (
          <button
            type="button"
            tabIndex={-1}
            className="toolbar-button toolbar-shortcut"
            aria-label="React"
            title="React"
            aria-haspopup="menu"
            aria-expanded={false}
            onClick={(event) => openMenu('emoji', message, event.currentTarget)}
          >
            <SmilePlus size={17} aria-hidden />
          </button>
        )}
        {allowed.reply && (
          <button
            type="button"
            tabIndex={-1}
            className="toolbar-button toolbar-shortcut"
            aria-label="Reply"
            title="Reply"
            onClick={() => startReply(message)}
          >
            <Reply className="points" size={17} aria-hidden />
          </button>
        )}
        {!message.isDeleted && (
          <button
            type="button"
            tabIndex={-1}
            className="toolbar-button"
            aria-label="More"
            title="More"
            aria-haspopup="menu"
            aria-expanded={false}
            onClick={(event) => openMenu('actions', message, event.currentTarget)}
          >
            <Ellipsis size={17} aria-hidden />
          </button>
        )}
      </div>
    </div>
  );
}
