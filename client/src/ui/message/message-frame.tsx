import type { HTMLAttributes, ReactNode } from 'react';

interface MessageFrameProps extends Omit<HTMLAttributes<HTMLElement>, 'children' | 'id'> {
  readonly id: string;
  /** Who wrote it, as it is spoken. */
  readonly author: string;
  /** What is spoken after the author: ids of elements in it, in this order. */
  readonly spoken: readonly string[];
  readonly isOwn: boolean;
  readonly avatar: ReactNode;
  readonly header: ReactNode;
  readonly footer: ReactNode;
  readonly children: ReactNode;
}

/**
 * The element of one message, in the kit's classes. The kit's own names itself "Bob Kahn: 13:55" whatever it says, and may render its text as HTML (TRAPS 0.10);
 * this one is called by its author, its text, its time and its state, and its content is React nodes.
 */
export function MessageFrame(props: MessageFrameProps) {
  const { id, author, spoken, isOwn, avatar, header, footer, children, className = '', ...rest } = props;
  return (
    <article
      {...rest}
      id={id}
      className={`cs-message cs-message--${isOwn ? 'outgoing' : 'incoming'} ${className}`}
      aria-label={author}
      // Its own label is the first of them.
      aria-labelledby={[id, ...spoken].join(' ')}
    >
      {avatar !== null && <div className="cs-message__avatar">{avatar}</div>}
      <div className="cs-message__content-wrapper">
        <div className="cs-message__header">{header}</div>
        <div className="cs-message__content">{children}</div>
        <div className="cs-message__footer">{footer}</div>
      </div>
    </article>
  );
}
