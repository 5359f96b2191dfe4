/** How much is unread, by tablo. */
import type { TabloId } from '@tablo/schema/ids';
import { useMemo } from 'react';
import { useChannels } from './use-channels.ts';

export interface UseChatUnread {
  /** Only those above 0. */
  readonly unreadCounts: Readonly<Record<TabloId, number>>;
  getUnreadCount(channelId: TabloId): number;
  /** Of one tablo, or of any. */
  hasUnread(channelId?: TabloId): boolean;
}

export function useChatUnread(): UseChatUnread {
  const { channels } = useChannels();
  return useMemo(() => {
    const unread = channels.filter((channel) => channel.unreadCount > 0);
    const unreadCounts: Readonly<Record<TabloId, number>> = Object.fromEntries(
      unread.map(({ id, unreadCount }) => [id, unreadCount]),
    );
    const getUnreadCount = (channelId: TabloId) => unreadCounts[channelId] ?? 0;
    return {
      unreadCounts,
      getUnreadCount,
      hasUnread: (channelId) => (channelId === undefined ? unread.length > 0 : getUnreadCount(channelId) > 0),
    };
  }, [channels]);
}
