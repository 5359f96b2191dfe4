/** How much is unread, by tablo. */
import { useMemo } from 'react';
import { useChannelList } from './use-channels.ts';

export interface UnreadCount {
  channel_id: string;
  unread_count: number;
}

export interface UseChatUnread {
  /** Only those above 0, newest activity first. */
  unreadCounts: UnreadCount[];
  getUnreadCount(channelId: string): number;
  /** Of one tablo, or of any. */
  hasUnread(channelId?: string): boolean;
  /** Of all tablos together. */
  total: number;
}

export function useChatUnread(): UseChatUnread {
  const { channels } = useChannelList();
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const { id, unreadCount } of channels) if (unreadCount > 0) counts.set(id, unreadCount);
    const getUnreadCount = (channelId: string) => counts.get(channelId) ?? 0;
    return {
      unreadCounts: [...counts].map(([channel_id, unread_count]) => ({ channel_id, unread_count })),
      getUnreadCount,
      hasUnread: (channelId) => (channelId === undefined ? counts.size > 0 : getUnreadCount(channelId) > 0),
      total: [...counts.values()].reduce((sum, count) => sum + count, 0),
    };
  }, [channels]);
}
