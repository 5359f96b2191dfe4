/** How `ChatPage` moves: by the host's word where it gives one, else by its own; the host's address stays as it is. */
import { type EntryId, isTabloId, type TabloId } from '@tablo/schema/ids';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Navigation } from '../ui/page/navigation.tsx';
import type { ChatPageProps } from './chat-page.tsx';

interface Place {
  readonly tabloId: TabloId | null;
  readonly messageId: string | null;
}

const LINK = /^#tablo-chat=([^/]+)(?:\/([^/]+))?$/;

/** Of a link to a tablo or a message: behind the `#`, so that the host's server and its routes need not know of it. */
export function hrefOf(tabloId: TabloId, messageId?: string): string {
  return `#tablo-chat=${tabloId}${messageId === undefined ? '' : `/${encodeURIComponent(messageId)}`}`;
}

export function placeOfLink(hash: string): Place | null {
  const [, tabloId, messageId] = LINK.exec(hash) ?? [];
  if (!isTabloId(tabloId)) return null;
  return { tabloId, messageId: decoded(messageId) };
}

function decoded(part: string | undefined): string | null {
  try {
    return part === undefined ? null : decodeURIComponent(part);
  } catch {
    return null; // Cut on its way.
  }
}

/** A link leads somewhere once: whoever comes back to the page with it still in the address goes on where they are. */
let followed = '';

const tabloIdOf = (channelId: string | null): TabloId | null => (isTabloId(channelId) ? channelId : null);

export function useHostNavigation({
  channelId,
  onChannelSelect,
}: Pick<ChatPageProps, 'channelId' | 'onChannelSelect'>): Navigation {
  const [place, setPlace] = useState<Place>({ tabloId: tabloIdOf(channelId ?? null), messageId: null });
  const [known, setKnown] = useState(channelId);
  // The host has gone somewhere, or says where it is after having been asked.
  if (known !== channelId) {
    setKnown(channelId);
    const tabloId = tabloIdOf(channelId ?? null);
    if (tabloId !== place.tabloId) setPlace({ tabloId, messageId: null });
  }
  const onSelectRef = useRef(onChannelSelect);
  useEffect(() => {
    onSelectRef.current = onChannelSelect;
  }, [onChannelSelect]);

  const actions = useMemo(() => {
    const go = (next: Place) => {
      setPlace(next);
      onSelectRef.current?.(next.tabloId);
    };
    return {
      hrefOf,
      openTablo: (tabloId: TabloId, messageId: EntryId | null = null) => go({ tabloId, messageId }),
      openList: () => go({ tabloId: null, messageId: null }),
      forgetMessage: () => setPlace((shown) => ({ ...shown, messageId: null })),
      followLink: () => {
        const linked = location.hash === followed ? null : placeOfLink(location.hash);
        followed = location.hash;
        if (linked !== null) go(linked);
      },
    };
  }, []);

  useEffect(() => {
    actions.followLink();
    window.addEventListener('hashchange', actions.followLink);
    return () => window.removeEventListener('hashchange', actions.followLink);
  }, [actions]);

  const isHosts = channelId !== undefined && onChannelSelect !== undefined;
  const tabloId = isHosts ? tabloIdOf(channelId) : place.tabloId;
  const messageId = tabloId === place.tabloId ? place.messageId : null;
  return useMemo(() => ({ ...actions, tabloId, messageId, isUnknown: false }), [actions, tabloId, messageId]);
}
