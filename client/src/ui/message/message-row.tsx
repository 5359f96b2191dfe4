import type { EntryId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { memo, useRef } from 'react';
import type { RoomPerson } from '../../chat/chat.ts';
import { useLongPress } from '../page/hooks/use-long-press.ts';
import { Avatar } from '../people/avatar.tsx';
import { PersonName, spokenName } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';
import { fullLabel, timeLabel } from '../text/date-labels.ts';
import { datesSentence, editedSentence } from '../text/message-dates.ts';
import { isBigEmoji } from '../text/phrases.ts';
import { EditingNote } from './editing-note.tsx';
import { MessageFooter } from './message-footer.tsx';
import { MessageFrame } from './message-frame.tsx';
import { MessageQuote } from './message-quote.tsx';
import { MessageState } from './message-state.tsx';
import { MessageText } from './message-text.tsx';
import { MessageToolbar } from './message-toolbar.tsx';
import { useIsEditing } from './use-is-editing.ts';

interface MessageRowProps {
  readonly message: TimelineMessage;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isOwn: boolean;
  /** Pointed at, tapped, focused, or with an open menu: shows the toolbar. */
  readonly isActive: boolean;
  readonly isFlashed: boolean;
  readonly author: RoomPerson;
  /** Tab leads to it, and to no other message. */
  readonly isTabStop: boolean;
}

export const messageElementId = (id: EntryId): string => `message-${id}`;

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, isFirst, isLast, isOwn, isActive, isFlashed, author, isTabStop } = props;
  const { openMenu } = useRoom();
  const isEditing = useIsEditing(message.id);
  const pressRef = useRef<HTMLDivElement>(null);
  const longPress = useLongPress(() => {
    if (pressRef.current !== null && !message.isDeleted) openMenu('actions', message, pressRef.current);
  });
  const { status } = message.delivery;
  const isBig = !message.isDeleted && message.replyTo === null && isBigEmoji(message.text);

  /** The id of one of its parts, for its spoken name. */
  const part = (name: string) => `${name}-${message.id}`;

  const classes = ['message', `message-${status}`];
  if (isOwn) classes.push('message-own');
  if (isFirst) classes.push('message-first');
  if (isLast) classes.push('message-last');
  if (isBig) classes.push('message-big');
  if (message.isDeleted) classes.push('message-deleted');
  if (isFlashed) classes.push('message-flashed');
  if (isEditing) classes.push('message-editing');

  return (
    <MessageFrame
      id={messageElementId(message.id)}
      className={classes.join(' ')}
      data-message-id={message.id}
      data-status={status}
      tabIndex={isTabStop ? 0 : -1}
      author={isOwn ? 'You' : spokenName(author)}
      spoken={[part('text'), part('edited'), part('time'), part('state')]}
      aria-describedby={part('dates')}
      isOwn={isOwn}
      avatar={
        !isOwn && isFirst ? <Avatar id={message.author} name={author.name} size="sm" hasLeft={author.hasLeft} /> : null
      }
      header={
        isFirst && (
          <>
            {!isOwn && (
              <span className="message-author truncate" title={spokenName(author)}>
                <PersonName person={author} />
              </span>
            )}
            <time
              id={part('time')}
              className="message-time"
              dateTime={new Date(message.shownAt).toISOString()}
              title={fullLabel(message.shownAt)}
            >
              <bdi>{timeLabel(message.shownAt)}</bdi>
            </time>
          </>
        )
      }
      footer={
        <>
          {isEditing && <EditingNote />}
          <MessageFooter message={message} isOwn={isOwn} />
        </>
      }
    >
      <div ref={pressRef} className="message-press" {...longPress}>
        {message.isDeleted ? (
          <span id={part('text')} className="message-tombstone">
            Message deleted
          </span>
        ) : (
          <>
            {message.replyTo !== null && <MessageQuote id={message.replyTo} />}
            <MessageText id={part('text')} text={message.text} />
            {message.editedAt !== null && (
              <span id={part('edited')} className="message-edited" title={editedSentence(message.editedAt)}>
                {' '}
                edited
              </span>
            )}
          </>
        )}
      </div>
      {!isFirst && <span hidden id={part('time')} role="note" aria-label={timeLabel(message.shownAt)} />}
      {/* Spoken after all else, and no part of the log's text: what comes new is read aloud without its date. */}
      <span hidden id={part('dates')} role="note" aria-label={datesSentence(message)} />
      {isOwn && <MessageState id={part('state')} message={message} />}
      {isActive && <MessageToolbar message={message} showsTime={!isFirst} />}
    </MessageFrame>
  );
});
