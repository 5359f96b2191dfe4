/** Are we online? */
import type { ConnectionState } from '../chat/chat.ts';
import { useChatClient } from './chat-provider.tsx';
import { useReadable } from './use-readable.ts';

export function useConnection(): ConnectionState {
  return useReadable(useChatClient().connection);
}
