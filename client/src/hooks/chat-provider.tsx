/** Gives the hooks below it a chat. Opening and closing that chat is its owner's business: it outlives views, routes and StrictMode's double mounts. */
import { createContext, type ReactNode, useContext } from 'react';
import type { Chat } from '../chat/chat.ts';

const ChatContext = createContext<Chat | null>(null);

export interface ChatProviderProps {
  readonly chat: Chat;
  readonly children: ReactNode;
}

export function ChatProvider({ chat, children }: ChatProviderProps) {
  return <ChatContext.Provider value={chat}>{children}</ChatContext.Provider>;
}

export function useChatClient(): Chat {
  const chat = useContext(ChatContext);
  if (chat === null) throw new Error('Chat hooks need a ChatProvider above them.');
  return chat;
}
