/**
 * The one place that imports chatscope. `Message` of the kit renders its text as HTML unless told otherwise (TRAPS 0.10), so the page does not see it:
 * `MessageFrame` stands in for it.
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
} from '@chatscope/chat-ui-kit-react';

export { ChatContainer, ConversationHeader, KitAvatar, MainContainer, MessageSeparator, TypingIndicator };

/** Slots of `ChatContainer` and `ConversationHeader`, for `as=`: the kit drops children of any other type. */
export const Slot = {
  header: ConversationHeader,
  log: MessageList,
  composer: MessageInput,
  avatar: KitAvatar,
} as const;
