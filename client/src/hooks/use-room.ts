/** Holds a tablo open while a view shows it. */
import type { TabloId } from '@tablo/schema/ids';
import { useEffect, useState } from 'react';
import type { Chat, RoomHandle } from '../chat/chat.ts';
import { useChatHere } from './chat-context.tsx';

interface Held {
  readonly chat: Chat;
  readonly handle: RoomHandle;
}

/** `null` until the first effect, for a moment after the id changes (never another tablo's handle), and without a tablo or a user. */
export function useRoom(id: TabloId | null): RoomHandle | null {
  const { chat } = useChatHere();
  const [held, setHeld] = useState<Held | null>(null);

  useEffect(() => {
    if (chat === null || id === null) return;
    const handle = chat.openRoom(id);
    setHeld({ chat, handle });
    return () => handle.release();
  }, [chat, id]);

  return held !== null && held.chat === chat && held.handle.id === id ? held.handle : null;
}
