/**
 * The one place that imports chatscope. `Message` of the kit renders its text as HTML by default (TRAPS 0.10), so the page does not see it:
 * `MessageFrame` stands in for it.
 */
import {
  ChatContainer,
  ConversationHeader,
  Avatar as KitAvatar,
  MainContainer,
  MessageSeparator,
  TypingIndicator,
} from '@chatscope/chat-ui-kit-react';
import type { ElementType } from 'react';

export { ChatContainer, ConversationHeader, KitAvatar, MainContainer, MessageSeparator, TypingIndicator };

/** The kit takes names as well. These two of its components are not in the page, not even in its script (`build/kit-plugin.ts`). */
const named = (name: 'MessageList' | 'MessageInput') => name as string as ElementType;

/** Slots of `ChatContainer` and `ConversationHeader`, for `as=`: the kit drops children of any other type. */
export const Slot = {
  header: ConversationHeader,
  log: named('MessageList'),
  composer: named('MessageInput'),
  avatar: KitAvatar,
} as const;
