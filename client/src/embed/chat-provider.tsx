import type { ReactNode } from 'react';
import { OpenChatProvider } from '../hooks/chat-context.tsx';
import type { ChatTheme } from './theme.ts';

export interface ChatProviderProps {
  readonly serverUrl: string;
  readonly getToken: () => Promise<string | null>;
  readonly locale?: string | undefined;
  readonly theme?: ChatTheme | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
  readonly children?: ReactNode;
}

export function ChatProvider({ children }: ChatProviderProps) {
  return <OpenChatProvider chat={null}>{children}</OpenChatProvider>;
}
