/** The list of tablos as it is shown: inside a host application only its boards, by the host's names. */
import { useMemo } from 'react';
import type { ChannelList } from '../../../chat/chat.ts';
import { useChannelList } from '../../../hooks/use-channels.ts';
import { useFrame } from '../frame.ts';

export function useListed(): ChannelList {
  const list = useChannelList();
  const looks = useFrame()?.looks ?? null;
  return useMemo(() => {
    if (looks === null) return list;
    const channels = list.channels.flatMap((channel) => {
      const look = looks.get(channel.id);
      return look === undefined ? [] : look.name === channel.name ? channel : { ...channel, name: look.name };
    });
    return { ...list, channels };
  }, [list, looks]);
}
