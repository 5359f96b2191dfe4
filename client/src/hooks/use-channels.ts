/** The list of tablos, newest activity first. */
import { Writable } from '../chat/base/readable.ts';
import type { ChannelList } from '../chat/chat.ts';
import { useChatHere } from './chat-context.tsx';
import { useReadable } from './use-readable.ts';

const NONE = new Writable<ChannelList>({ status: 'loading', channels: [] });

export function useChannels(): ChannelList {
  return useReadable(useChatHere().chat?.channels ?? NONE);
}
