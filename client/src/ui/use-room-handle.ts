import type { TabloId } from '@tablo/schema/ids';
import { useLayoutEffect, useState } from 'react';
import type { RoomHandle } from '../chat/chat.ts';
import { useChatClient } from './chat-context.tsx';

/** Holds a tablo open while the view is there; `null` until the first commit. */
export function useRoomHandle(id: TabloId): RoomHandle | null {
  const chat = useChatClient();
  const [handle, setHandle] = useState<RoomHandle | null>(null);

  useLayoutEffect(() => {
    const opened = chat.openRoom(id);
    setHandle(opened);
    return () => opened.release();
  }, [chat, id]);

  return handle;
}
