/** The list of tablos, newest activity first. */
import { useMemo } from 'react';
import { Writable } from '../chat/base/readable.ts';
import type { ChannelList, ChannelSummary } from '../chat/chat.ts';
import { useChatHere } from './chat-context.tsx';
import { useReadable } from './use-readable.ts';

const NONE = new Writable<ChannelList>({ status: 'loading', channels: [] });

/** As the chat itself has it: not to be written to. */
export function useChannelList(): ChannelList {
  return useReadable(useChatHere().chat?.channels ?? NONE);
}

export interface UseChannels {
  /** `loading`: nothing is known yet, neither from this device nor from the server. */
  status: ChannelList['status'];
  channels: ChannelSummary[];
}

export function useChannels(): UseChannels {
  const { status, channels } = useChannelList();
  return useMemo(() => ({ status, channels: [...channels] }), [status, channels]);
}
