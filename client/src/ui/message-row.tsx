import type { EntryId } from '@tablo/schema/ids';
import type { PersonLabel } from '@tablo/schema/telling-apart';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { memo, useRef } from 'react';
import { Avatar } from './avatar.tsx';
import { timeLabel } from './date-labels.ts';
import { MessageFooter } from './message-footer.tsx';
import { MessageFrame } from './message-frame.tsx';
import { MessageQuote } from './message-quote.tsx';
import { MessageState } from './message-state.tsx';
import { MessageText } from './message-text.tsx';
import { MessageToolbar } from './message-toolbar.tsx';
import { PersonName, spokenName } from './name.tsx';
import { isBigEmoji } from './phrases.ts';
import { useRoom } from './room-context.tsx';
import { useLongPress } from './use-long-press.ts';

interface MessageRowProps {
  readonly message: TimelineMessage;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isOwn: boolean;
  /** Hovered, focused, or with an open menu: shows the toolbar. */
  readonly isActive: boolean;
  readonly isFlashed: boolean;
  readonly author: PersonLabel | null;
  readonly quoted: TimelineMessage | null;
  readonly onActive: (id: EntryId | null) => void;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, isFirst, isLast, isOwn, isActive, isFlashed, author, quoted, onActive } = props;
  const { openMenu } = useRoom();
  const pressRef = useRef<HTMLDivElement>(null);
  const longPress = useLongPress(() => pressRef.current !== null && openMenu('actions', message, pressRef.current));
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

  return (
    <MessageFrame
      id={part('message')}
      className={classes.join(' ')}
      data-message-id={message.id}
      data-status={status}
      tabIndex={-1}
      author={isOwn ? 'You' : spokenName(author)}
      spoken={[part('text'), part('edited'), part('time'), part('state')]}
      isOwn={isOwn}
      onPointerEnter={(event) => event.pointerType === 'mouse' && onActive(message.id)}
      onFocus={() => onActive(message.id)}
      avatar={!isOwn && isFirst ? <Avatar id={message.author} name={author?.name ?? ''} size="sm" /> : null}
      header={
        isFirst && (
          <>
            {!isOwn && (
              <span className="message-author truncate" title={spokenName(author)}>
                <PersonName person={author} />
              </span>
            )}
            <time id={part('time')} className="message-time" dateTime={new Date(message.shownAt).toISOString()}>
              <bdi>{timeLabel(message.shownAt)}</bdi>
            </time>
          </>
        )
      }
      footer={<MessageFooter message={message} isOwn={isOwn} />}
    >
      <div ref={pressRef} className="message-press" {...longPress}>
        {message.isDeleted ? (
          <span id={part('text')} className="message-tombstone">
            Message deleted
          </span>
        ) : (
          <>
            {message.replyTo !== null && <MessageQuote id={message.replyTo} quoted={quoted} />}
            <MessageText id={part('text')} text={message.text} />
            {message.editedAt !== null && (
              <span id={part('edited')} className="message-edited">
                {' '}
                edited
              </span>
            )}
          </>
        )}
      </div>
      {!isFirst && <span hidden id={part('time')} role="note" aria-label={timeLabel(message.shownAt)} />}
      {isOwn && <MessageState id={part('state')} message={message} />}
      {isActive && <MessageToolbar message={message} showsTime={!isFirst} />}
    </MessageFrame>
  );
});
