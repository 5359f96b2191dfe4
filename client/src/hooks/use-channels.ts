/** The list of tablos, newest activity first. */
import type { ChannelList } from '../chat/chat.ts';
import { useChatClient } from './chat-provider.tsx';
import { useReadable } from './use-readable.ts';

export function useChannels(): ChannelList {
  return useReadable(useChatClient().channels);
}
