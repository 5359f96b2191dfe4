/** Holds a tablo open while a view shows it. */
import type { TabloId } from '@tablo/schema/ids';
import { useEffect, useState } from 'react';
import type { Chat, RoomHandle } from '../chat/chat.ts';
import { useChatClient } from './chat-provider.tsx';

interface Held {
  readonly chat: Chat;
  readonly handle: RoomHandle;
}

/** `null` until the first effect, and for a moment after the id changes: never another tablo's handle. */
export function useRoom(id: TabloId): RoomHandle | null {
  const chat = useChatClient();
  const [held, setHeld] = useState<Held | null>(null);

  useEffect(() => {
    const handle = chat.openRoom(id);
    setHeld({ chat, handle });
    return () => handle.release();
  }, [chat, id]);

  return held !== null && held.chat === chat && held.handle.id === id ? held.handle : null;
}
