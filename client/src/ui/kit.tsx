/**
 * The one place that imports chatscope. `Message` of the kit renders its text as HTML unless told otherwise (TRAPS 0.10), so the page sees only
 * `KitMessage`, which cannot: its content is React nodes.
 */
import {
  ChatContainer,
  ConversationHeader,
  Avatar as KitAvatar,
  MainContainer,
  MessageInput,
  MessageList,
  MessageSeparator,
  TypingIndicator,
  Message as UnsafeMessage,
} from '@chatscope/chat-ui-kit-react';
import type { HTMLAttributes, ReactNode } from 'react';

export { ChatContainer, ConversationHeader, KitAvatar, MainContainer, MessageSeparator, TypingIndicator };

/** Slots of `ChatContainer` and `Message`, for `as=`: the kit drops children of any other type. */
export const Slot = {
  header: ConversationHeader,
  log: MessageList,
  composer: MessageInput,
  avatar: KitAvatar,
} as const;

interface KitMessageProps extends Omit<HTMLAttributes<HTMLElement>, 'children'> {
  readonly sender: string;
  readonly sentTime: string;
  readonly isOwn: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly avatar: ReactNode;
  readonly header: ReactNode;
  readonly footer: ReactNode;
  readonly children: ReactNode;
}

export function KitMessage(props: KitMessageProps) {
  const { sender, sentTime, isOwn, isFirst, isLast, avatar, header, footer, children, ...rest } = props;
  const position = isFirst ? (isLast ? 'single' : 'first') : isLast ? 'last' : 'normal';
  return (
    <UnsafeMessage
      {...rest}
      role="article"
      model={{ type: 'custom', sender, sentTime, position, direction: isOwn ? 'outgoing' : 'incoming' }}
    >
      {avatar}
      <UnsafeMessage.Header>{header}</UnsafeMessage.Header>
      <UnsafeMessage.CustomContent>{children}</UnsafeMessage.CustomContent>
      <UnsafeMessage.Footer>{footer}</UnsafeMessage.Footer>
    </UnsafeMessage>
  );
}
