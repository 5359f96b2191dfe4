/**
 * Gives the hooks below it a chat, or says that nobody is here. Opening and closing that chat is its owner's business (`app/session.ts`, `embed/host-session.ts`):
 * it outlives views, routes and StrictMode's double mounts.
 */
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import type { Chat } from '../chat/chat.ts';

/** The way to one user's chat, also for who asks before it is open. Another user has another one: what was called for the first never reaches the second. */
export interface ChatAccess {
  /** The same without waiting: `null` as well while it is not open yet. */
  readonly chat: Chat | null;
  /** `null`: nobody is here, or not any more. */
  whenOpen(): Promise<Chat | null>;
}

interface ChatHere {
  readonly chat: Chat | null;
  readonly access: ChatAccess;
}

const ChatContext = createContext<ChatHere | null>(null);

export interface OpenChatProviderProps {
  /** `null`: nobody is signed in, or it is not known yet who is. */
  readonly chat: Chat | null;
  /** Absent: the chat is open already. */
  readonly access?: ChatAccess;
  readonly children: ReactNode;
}

export function OpenChatProvider({ chat, access, children }: OpenChatProviderProps) {
  const here = useMemo(() => ({ chat, access: access ?? { chat, whenOpen: async () => chat } }), [chat, access]);
  return <ChatContext.Provider value={here}>{children}</ChatContext.Provider>;
}

/** For hooks that have empty values to give while nobody is here. */
export function useChatHere(): ChatHere {
  const here = useContext(ChatContext);
  if (here === null) throw new Error('Chat hooks need a ChatProvider above them.');
  return here;
}

/** For what is rendered only while somebody is here. */
export function useChatClient(): Chat {
  const { chat } = useChatHere();
  if (chat === null) throw new Error('Nobody is signed in to the chat.');
  return chat;
}
