import { createContext, useContext } from 'react';
import type { Chat } from '../chat/chat.ts';

export const ChatContext = createContext<Chat | null>(null);

export function useChatClient(): Chat {
  const chat = useContext(ChatContext);
  if (chat === null) throw new Error('useChatClient needs a ChatContext above it');
  return chat;
}
