import { useCallback, useEffect, useRef, useState } from 'react';
import type { RoomHandle } from '../chat/chat.ts';

/**
 * The composer's text, kept in the room's draft. The field's own state leads, so that the caret never jumps; a draft that comes from storage or
 * another tab is taken over only while nobody types here.
 */
export function useDraft(handle: RoomHandle, isTyping: () => boolean) {
  const [text, setText] = useState(() => handle.draft.get());
  const written = useRef(text);

  useEffect(() => {
    const takeOver = () => {
      const draft = handle.draft.get();
      if (draft === written.current || (isTyping() && written.current !== '')) return;
      written.current = draft;
      setText(draft);
    };
    takeOver();
    return handle.draft.subscribe(takeOver);
  }, [handle, isTyping]);

  const write = useCallback(
    (next: string) => {
      written.current = next;
      setText(next);
      handle.setDraft(next);
    },
    [handle],
  );

  /** Empties the field at once, and the draft only when the message is kept elsewhere: a crash in between loses nothing. */
  const hand = useCallback(
    async (keep: () => Promise<unknown>) => {
      const given = written.current;
      written.current = '';
      setText('');
      try {
        await keep();
        handle.setDraft(written.current);
      } catch (error) {
        write(written.current === '' ? given : `${given}\n${written.current}`);
        throw error;
      }
    },
    [handle, write],
  );

  return { text, write, hand };
}
